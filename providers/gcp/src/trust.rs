//! What has to be set up at Google Cloud: a workload identity pool of its own, an OIDC provider in it that lets in only
//! those who are meant, and a binding for them (<https://cloud.google.com/iam/docs/workload-identity-federation>).
//!
//! The provider's condition decides who gets in. The binding names the same people again, by what their claims are mapped
//! to, so that another provider that somebody adds to the pool does not get what this one's people may. The pool is one
//! for this purpose, because everybody in a pool whose attributes look alike is the same to Google.

mod artifacts;
mod attributes;

use evercred_core::trust::{Asked, Format, Input, Inputs, Sees, SetUp, Usual, bind, made_of};
use evercred_core::{Audience, Failure};
use serde_json::Value;

use self::attributes::Attributes;
use crate::ServiceAccount;
use crate::resource::Resource;

/// Sets up Google Cloud.
#[derive(Debug)]
pub struct Trust;

/// What cannot be told from a token.
static INPUTS: [Input; 5] = [
    Input {
        name: "project_number",
        what: "the number of the project (gcloud projects describe PROJECT --format='value(projectNumber)')",
        usual: Usual::Unknown,
        fits: |text| made_of(text, 20, |c| c.is_ascii_digit()),
    },
    Input {
        name: "pool_id",
        what: "the id of the workload identity pool",
        usual: Usual::Is("evercred"),
        fits: is_id,
    },
    Input {
        name: "provider_id",
        what: "the id of the provider in the pool",
        usual: Usual::Is("evercred"),
        fits: is_id,
    },
    Input {
        name: "service_account",
        what: "the email address of the service account to act as",
        usual: Usual::Nothing,
        fits: |text| ServiceAccount::try_from(text.to_owned()).is_ok(),
    },
    Input {
        name: "role",
        what: "a role to be granted on the project directly, such as roles/storage.objectViewer",
        usual: Usual::Nothing,
        fits: |text| {
            text.contains("roles/") && made_of(text, 200, |c| c.is_ascii_alphanumeric() || "_-./".contains(c))
        },
    },
];
static NUMBER: &Input = &INPUTS[0];
static POOL: &Input = &INPUTS[1];
static PROVIDER: &Input = &INPUTS[2];
static ACCOUNT: &Input = &INPUTS[3];
static ROLE: &Input = &INPUTS[4];

/// 4 to 32 characters, and not one of Google's own.
fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() >= 4 && made_of(text, 32, plain) && !text.starts_with("gcp-")
}

const FORMATS: [Format; 3] = [
    Format { name: "cli", what: "a script for gcloud" },
    Format { name: "json", what: "the resources as the API has them" },
    Format { name: "terraform", what: "a configuration of Terraform" },
];

impl evercred_core::trust::Trust for Trust {
    fn formats(&self) -> &'static [Format] {
        &FORMATS
    }

    fn inputs(&self) -> &'static [Input] {
        &INPUTS
    }

    fn told_by(&self, login: &Value) -> Inputs {
        let text = |key: &str| login[key].as_str();
        let mut inputs = Inputs::default();
        inputs.add(ACCOUNT.name, text("service_account"));
        let number = match &login["project_number"] {
            Value::Number(number) => Some(number.to_string()),
            other => other.as_str().map(str::to_owned),
        };
        let number = number.and_then(|number| number.parse().ok());
        let provider = text("provider").unwrap_or_default();
        if let Ok(resource) = Resource::from_config(provider, text("pool"), number.as_ref())
            && let Some(number) = resource.project_number()
        {
            inputs.add(NUMBER.name, Some(number));
            inputs.add(POOL.name, Some(resource.pool()));
            inputs.add(PROVIDER.name, Some(resource.name()));
        }
        inputs
    }

    fn audience(&self, inputs: &Inputs) -> Audience {
        Audience::new(format!("https://iam.googleapis.com/{}", artifacts::provider(inputs)))
    }

    fn set_up(&self, asked: &Asked<'_>) -> Result<SetUp, Failure> {
        let binding = bind(asked.identity, asked.scope, ("Google Cloud", Sees::Claims))?;
        let attributes = Attributes::of(asked.identity, &binding)?;
        let own_audience = *asked.audience == self.audience(asked.inputs);
        let mut statement = binding.statement.clone();
        statement.extend(notes(asked, &attributes));
        let file = artifacts::file(asked, &attributes, own_audience, &statement)?;
        let commands = artifacts::commands(&file);
        let missing = asked.inputs.missing(&INPUTS);
        Ok(SetUp { scope: binding.level, statement, missing, files: vec![file], commands })
    }
}

/// What is Google's own.
fn notes(asked: &Asked<'_>, attributes: &Attributes) -> Vec<String> {
    let identity = asked.identity;
    let mut notes = vec![format!("In Google's logs they are {} (google.subject).", attributes.subject())];
    notes.push(match (asked.inputs.get(ACCOUNT), asked.inputs.get(ROLE)) {
        (None, None) => "They may do nothing yet: set service_account for whom to act as, or role for what to permit them \
                         directly, or grant it to the member that the artifact names."
            .to_owned(),
        (Some(account), _) => format!("They may act as {account}, and so do what it may."),
        (None, Some(role)) => format!("They get {role} on the project."),
    });
    if !identity.issuer.starts_with("https://") {
        notes.push(format!("Google takes only issuers with https, which {} is not.", identity.issuer));
    }
    notes.push(
        "Where Google cannot reach the issuer, as is usual with clusters, upload its keys (--jwk-json-path)."
            .to_owned(),
    );
    notes
}

#[cfg(test)]
mod tests;
