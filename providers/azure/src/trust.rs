//! What has to be set up at Azure: a federated identity credential of an application
//! (<https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust>).
//!
//! Entra compares issuer, subject and audience to the letter, and an application has 20 federated credentials at most, so
//! that several subjects are several credentials. Flexible credentials, which match expressions, are a preview
//! (<https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials>), and
//! none is made here.

use evercred_core::trust::{
    Asked, Dialect, File, Format, Input, Inputs, Program, Sees, SetUp, Usual, bind, json, made_of,
};
use evercred_core::{Advice, Audience, Failure};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::settings::is_guid;

/// Sets up Azure.
#[derive(Debug)]
pub struct Trust;

/// What cannot be told from a token.
static INPUTS: [Input; 3] = [
    Input {
        name: "client_id",
        what: "the application (client) ID of the app registration",
        usual: Usual::Unknown,
        fits: is_guid,
    },
    Input {
        name: "name",
        what: "the name of the federated credential",
        usual: Usual::Is("evercred"),
        fits: |text| {
            text.len() >= 3 && made_of(text, 120, |c| c.is_ascii_alphanumeric() || "_-.".contains(c))
        },
    },
    Input {
        name: "cloud",
        what: "the cloud: public, us-government or china",
        usual: Usual::Is("public"),
        fits: |text| cloud(text).is_some(),
    },
];
static CLIENT: &Input = &INPUTS[0];
static NAME: &Input = &INPUTS[1];
static CLOUD: &Input = &INPUTS[2];

const FORMATS: [Format; 3] = [
    Format { name: "cli", what: "a script for az" },
    Format { name: "json", what: "the federated credential, as az and Microsoft Graph take it" },
    Format { name: "terraform", what: "a configuration of Terraform" },
];

/// The longest issuer, subject or audience.
const LONGEST: usize = 600;

fn cloud(text: &str) -> Option<Cloud> {
    Cloud::deserialize(&json!(text)).ok()
}

impl evercred_core::trust::Trust for Trust {
    fn formats(&self) -> &'static [Format] {
        &FORMATS
    }

    fn inputs(&self) -> &'static [Input] {
        &INPUTS
    }

    fn told_by(&self, login: &Value) -> Inputs {
        let mut inputs = Inputs::default();
        inputs.add(CLIENT.name, login["client_id"].as_str());
        inputs.add(CLOUD.name, login["cloud"].as_str());
        inputs
    }

    fn audience(&self, inputs: &Inputs) -> Audience {
        Audience::new(cloud(inputs.value(CLOUD)).unwrap_or_default().audience())
    }

    fn set_up(&self, asked: &Asked<'_>) -> Result<SetUp, Failure> {
        let binding = bind(asked.identity, asked.scope, ("Entra", Sees::WholeSubject))?;
        let subject = binding.subject().unwrap_or_default();
        let credential = credential(asked, subject)?;
        let mut statement = binding.statement.clone();
        statement.extend(notes());
        let file = artifact(asked, &credential, &statement)?;
        let commands = commands(&file);
        let missing = asked.inputs.missing(&INPUTS);
        Ok(SetUp { scope: binding.level, statement, missing, files: vec![file], commands })
    }
}

/// <https://learn.microsoft.com/graph/api/resources/federatedidentitycredential>
fn credential(asked: &Asked<'_>, subject: &str) -> Result<Value, Failure> {
    let (issuer, audience) = (asked.identity.issuer, asked.audience.as_str());
    for (name, text) in [("issuer", issuer), ("subject", subject), ("audience", audience)] {
        if text.chars().count() > LONGEST {
            return Err(Failure::new("write the federated credential", issuer, Advice::NeedsAttention)
                .message(format!("the {name} has more than the {LONGEST} characters that Entra takes"))
                .hint("Have the platform make shorter ones."));
        }
    }
    Ok(json!({
        "name": asked.inputs.value(NAME),
        "issuer": issuer,
        "subject": subject,
        "audiences": [audience],
        "description": format!("{}, for evercred", asked.identity.platform.title(issuer)),
    }))
}

/// What is Entra's own.
fn notes() -> [String; 3] {
    [
        "Entra compares issuer, subject and audience to the letter: what changes a subject needs a credential of its own."
            .to_owned(),
        "An application takes 20 federated credentials at most.".to_owned(),
        "The application may do nothing yet: roles are up to you (az role assignment create).".to_owned(),
    ]
}

fn artifact(asked: &Asked<'_>, credential: &Value, statement: &[String]) -> Result<File, Failure> {
    let values = json!({"credential": credential});
    let text = |dialect, template, variables| {
        let program = Program { dialect, template, statement, inputs: &INPUTS[..variables] };
        program.text(asked.inputs, &values)
    };
    Ok(match asked.format {
        "json" => File { name: "federated-credential.json", text: json(credential) },
        "terraform" => File {
            name: "evercred-trust.tf",
            text: text(Dialect::Hcl, include_str!("trust/azure.tf.jinja"), 2)?,
        },
        _ => File {
            name: "evercred-trust.sh",
            text: text(Dialect::Shell, include_str!("trust/azure.sh.jinja"), 1)?,
        },
    })
}

fn commands(file: &File) -> Vec<String> {
    match file.name {
        "evercred-trust.sh" => vec![format!("bash {}", file.name)],
        "evercred-trust.tf" => vec!["terraform init".to_owned(), "terraform apply".to_owned()],
        _ => {
            vec![format!("az ad app federated-credential create --id CLIENT_ID --parameters @{}", file.name)]
        }
    }
}

#[cfg(test)]
mod tests;
