//! The clients that are known, and which of them an output is for.

use schemars::JsonSchema;
use serde::Serialize;

use super::botocore;
use super::observation::Observation;
use super::prediction::Choice;

/// A client of which it can be said what it will take.
#[derive(Debug)]
pub(crate) struct Client {
    /// Its name.
    pub(crate) name: &'static str,
    /// The kind of output that is for it.
    pub(crate) family: Family,
    /// The command that it is, if it is not a library.
    pub(crate) command: Option<&'static str>,
    /// What it takes.
    pub(crate) choose: fn(&Observation<'_>) -> Choice,
}

/// Clients that read the same places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Family {
    /// Those of AWS.
    Aws,
}

/// All of them.
pub(crate) const CLIENTS: &[Client] = &[
    Client { name: "boto3", family: Family::Aws, command: None, choose: botocore::choose },
    Client { name: "aws", family: Family::Aws, command: Some("aws"), choose: botocore::choose },
];
