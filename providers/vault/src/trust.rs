//! What has to be set up in Vault or OpenBao: the JWT auth method for the issuer, a role for those who are meant, and a
//! policy (<https://openbao.org/api-docs/auth/jwt/>, <https://developer.hashicorp.com/vault/api-docs/auth/jwt>).
//!
//! A role may look at any claim. Globs are asked for only where a subject has to begin in some way; Vault then takes every
//! value for a glob, so values that hold a star are refused. The role's tokens are periodic, because no program reads a
//! token twice: they live for as long as evercred renews them, and end an hour after it does not any more.

mod role;

use evercred_core::trust::{
    Asked, Dialect, File, Format, Input, Inputs, Program, Sees, SetUp, Usual, bind, json, made_of,
};
use evercred_core::{Audience, Failure};
use serde_json::{Value, json};

use self::role::{config, role};
use crate::settings;

/// Sets up Vault and OpenBao.
#[derive(Debug)]
pub struct Trust;

/// What cannot be told from a token.
static INPUTS: [Input; 5] = [
    Input {
        name: "mount",
        what: "the path of the JWT auth method for this issuer, without auth/",
        usual: Usual::Is("jwt"),
        fits: |text| settings::segments(text).as_deref() == Some(text),
    },
    Input {
        name: "role",
        what: "the name of the role",
        usual: Usual::Is("evercred"),
        fits: |text| made_of(text, 128, |c| c.is_ascii_alphanumeric() || "_-.".contains(c)),
    },
    Input {
        name: "policy",
        what: "the name of the policy that says what the role may do",
        usual: Usual::Is("evercred"),
        // Vault makes the names of policies lower-case.
        fits: |text| {
            made_of(text, 128, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c))
        },
    },
    Input {
        name: "paths",
        what: "the paths of the secrets that may be read, with commas between them, such as kv/data/app",
        usual: Usual::Nothing,
        fits: |text| text.split(',').all(|path| settings::segments(path).is_some()),
    },
    Input {
        name: "keys_url",
        what: "the address of the issuer's keys, if the issuer itself cannot be asked",
        usual: Usual::Nothing,
        fits: |text| url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")),
    },
];
static MOUNT: &Input = &INPUTS[0];
static ROLE: &Input = &INPUTS[1];
static POLICY: &Input = &INPUTS[2];
static PATHS: &Input = &INPUTS[3];
static KEYS_URL: &Input = &INPUTS[4];

const FORMATS: [Format; 3] = [
    Format { name: "cli", what: "a script for bao or vault" },
    Format { name: "json", what: "the bodies of the API's requests" },
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
        let mut inputs = Inputs::default();
        inputs.add(MOUNT.name, login["mount"].as_str().map(|mount| mount.trim_matches('/')));
        inputs.add(ROLE.name, login["role"].as_str());
        let secrets = login["secrets"].as_array().into_iter().flatten();
        let paths: Vec<_> = secrets.filter_map(|secret| secret["path"].as_str()).collect();
        inputs.add(PATHS.name, Some(paths.join(",")).filter(|paths| !paths.is_empty()));
        inputs
    }

    fn audience(&self, _: &Inputs) -> Audience {
        crate::config::audience()
    }

    fn set_up(&self, asked: &Asked<'_>) -> Result<SetUp, Failure> {
        let binding = bind(asked.identity, asked.scope, ("Vault", Sees::Claims))?;
        let role = role(asked, &binding)?;
        let config = config(asked);
        let mut statement = binding.statement;
        statement.extend(notes(asked));
        let values = json!({"role_body": role, "config_body": config, "rules": rules(asked.inputs)});
        let file = artifact(asked, &statement, &values)?;
        let commands = commands(&file);
        Ok(SetUp { scope: binding.level, statement, missing: Vec::new(), files: vec![file], commands })
    }
}

/// What is Vault's own.
fn notes(asked: &Asked<'_>) -> Vec<String> {
    let mut notes = vec![
        "Tokens of this role are periodic: they live for as long as evercred renews them, and end an hour after it does not \
         any more."
            .to_owned(),
    ];
    let policy = asked.inputs.value(POLICY);
    notes.push(match asked.inputs.get(PATHS) {
        Some(_) => format!(
            "The policy {policy}, if there is none of that name, lets them read the named secrets only."
        ),
        None => format!(
            "The policy {policy}, if there is none of that name, permits nothing yet: that is up to you."
        ),
    });
    if asked.inputs.get(KEYS_URL).is_none() {
        let issuer = asked.identity.issuer;
        notes.push(format!(
            "Vault has to reach {issuer}/.well-known/openid-configuration; else set keys_url."
        ));
    }
    notes
}

fn artifact(asked: &Asked<'_>, statement: &[String], values: &Value) -> Result<File, Failure> {
    let program = |dialect, template, inputs| Program { dialect, template, statement, inputs };
    Ok(match asked.format {
        "terraform" => File {
            name: "evercred-trust.tf",
            text: program(Dialect::Hcl, include_str!("trust/vault.tf.jinja"), &INPUTS[..3])
                .text(asked.inputs, values)?,
        },
        "json" => File { name: "evercred-trust.json", text: json(&requests(asked, values)) },
        _ => File {
            name: "evercred-trust.sh",
            text: program(Dialect::Shell, include_str!("trust/vault.sh.jinja"), &INPUTS[..3])
                .text(asked.inputs, values)?,
        },
    })
}

fn commands(file: &File) -> Vec<String> {
    match file.name {
        "evercred-trust.sh" => vec![format!("bash {}", file.name)],
        "evercred-trust.tf" => vec!["terraform init".to_owned(), "terraform apply".to_owned()],
        _ => Vec::new(),
    }
}

/// What is sent to which path, all of them with the method POST.
fn requests(asked: &Asked<'_>, values: &Value) -> Value {
    let input = |input| asked.inputs.value(input);
    let (mount, policy) = (input(MOUNT), input(POLICY));
    json!({
        format!("sys/auth/{mount}"): {"type": "jwt"},
        format!("auth/{mount}/config"): values["config_body"],
        format!("sys/policies/acl/{policy}"): {"policy": values["rules"]},
        format!("auth/{mount}/role/{}", input(ROLE)): values["role_body"],
    })
}

/// The policy. Paths have been checked to hold nothing that would have to be quoted.
fn rules(inputs: &Inputs) -> String {
    let paths = inputs.get(PATHS).unwrap_or_default().split(',').filter(|path| !path.is_empty());
    let rule = |path: &str| {
        let path = Dialect::Hcl.written(&json!(path.trim_matches('/')));
        format!("path {path} {{\n  capabilities = [\"read\"]\n}}\n")
    };
    let rules: String = paths.map(rule).collect();
    if rules.is_empty() { "# What programs may do with tokens of the role.\n".to_owned() } else { rules }
}
