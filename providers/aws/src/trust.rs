//! What has to be set up at AWS: an OIDC identity provider in the account, and a role whose trust policy lets in those
//! who are meant (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html>).
//!
//! A trust policy sees the audience and the subject, and of some issuers a few claims more (`policy.rs`). The provider
//! is created without thumbprints, for AWS trusts public certificate authorities by itself. What the role may do is
//! left to those who run the account.

mod artifacts;
mod policy;

use evercred_core::trust::{Asked, Format, Input, Inputs, Sees, SetUp, Usual, bind, made_of};
use evercred_core::{Audience, Failure};
use serde_json::Value;

use self::policy::Policy;
use crate::RoleArn;
use crate::partition::{PARTITIONS, Partition};

/// Sets up AWS.
#[derive(Debug)]
pub struct Trust;

/// What cannot be told from a token.
static INPUTS: [Input; 4] = [
    Input {
        name: "account_id",
        what: "the 12 digits of the account that the role is for",
        usual: Usual::Unknown,
        fits: |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
    },
    Input {
        name: "role_name",
        what: "the name of the role",
        usual: Usual::Is("evercred"),
        fits: |text| made_of(text, 64, |c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)),
    },
    Input {
        name: "role_path",
        what: "the path of the role, which begins and ends with a slash",
        usual: Usual::Is("/"),
        fits: |text| {
            text.starts_with('/') && text.ends_with('/') && made_of(text, 512, |c| c.is_ascii_graphic())
        },
    },
    Input {
        name: "partition",
        what: "the partition of the account",
        usual: Usual::Is("aws"),
        fits: |text| PARTITIONS.iter().any(|partition| partition.name == text),
    },
];
static ACCOUNT: &Input = &INPUTS[0];
static ROLE: &Input = &INPUTS[1];
static PATH: &Input = &INPUTS[2];
static PARTITION: &Input = &INPUTS[3];

const FORMATS: [Format; 4] = [
    Format { name: "cli", what: "a script for the aws CLI" },
    Format { name: "json", what: "the trust policy" },
    Format { name: "terraform", what: "a configuration of Terraform" },
    Format { name: "cloudformation", what: "a template of CloudFormation" },
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
        let Some(role) = login["role_arn"].as_str().and_then(|text| text.parse::<RoleArn>().ok()) else {
            return inputs;
        };
        inputs.add(ACCOUNT.name, Some(role.account()));
        inputs.add(ROLE.name, Some(role.name()));
        inputs.add(PATH.name, Some(role.path()));
        inputs.add(PARTITION.name, Some(role.partition().name));
        inputs
    }

    fn audience(&self, inputs: &Inputs) -> Audience {
        let partition = Partition::named(inputs.value(PARTITION)).unwrap_or(&PARTITIONS[0]);
        Audience::new(partition.audience())
    }

    fn set_up(&self, asked: &Asked<'_>) -> Result<SetUp, Failure> {
        let binding = bind(asked.identity, asked.scope, ("AWS", Sees::Subject))?;
        let policy = Policy::new(asked, &binding);
        let mut statement = binding.statement;
        statement.extend(policy.notes(asked));
        let file = artifacts::file(asked, &policy, &statement)?;
        let commands = artifacts::commands(&file);
        let missing = asked.inputs.missing(&INPUTS);
        Ok(SetUp { scope: binding.level, statement, missing, files: vec![file], commands })
    }
}

#[cfg(test)]
mod tests;
