//! The clients that are known, and which of them an output is for.

use schemars::JsonSchema;
use serde::Serialize;

use super::observation::Observation;
use super::prediction::Choice;
use super::{azure, azure_cli, botocore, google, vault};

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
    /// Google's client libraries, and Terraform.
    Google,
    /// Azure's client libraries.
    Azure,
    /// `az`.
    AzureCli,
    /// Those of Vault and `OpenBao`.
    Vault,
}

/// All of them.
pub(crate) const CLIENTS: &[Client] = &[
    Client { name: "boto3", family: Family::Aws, command: None, choose: botocore::choose },
    Client { name: "aws", family: Family::Aws, command: Some("aws"), choose: botocore::choose },
    Client { name: "google-auth (Python)", family: Family::Google, command: None, choose: google::python },
    Client {
        name: "google-auth-library (Node)",
        family: Family::Google,
        command: None,
        choose: google::node,
    },
    Client { name: "google (Go)", family: Family::Google, command: None, choose: google::go },
    Client { name: "google-cloud-auth (Rust)", family: Family::Google, command: None, choose: google::rust },
    Client { name: "azure-identity (Python)", family: Family::Azure, command: None, choose: azure::python },
    Client { name: "az", family: Family::AzureCli, command: Some("az"), choose: azure_cli::choose },
    Client { name: "bao", family: Family::Vault, command: Some("bao"), choose: vault::bao },
    Client { name: "vault", family: Family::Vault, command: Some("vault"), choose: vault::vault },
    Client { name: "hvac", family: Family::Vault, command: None, choose: vault::hvac },
];
