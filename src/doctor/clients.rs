//! The clients that are known.

use super::observation::Observation;
use super::prediction::Choice;
use super::{aws_sdks, azure, azure_cli, botocore, gcloud, google, vault};
use crate::outputs::Readers;

/// A client of which it can be said what it will take.
#[derive(Debug)]
pub(crate) struct Client {
    /// Its name.
    pub(crate) name: &'static str,
    /// Which outputs are for it.
    pub(crate) readers: Readers,
    /// The command that it is, if it is not a library.
    pub(crate) command: Option<&'static str>,
    /// What it takes.
    pub(crate) choose: fn(&Observation<'_>) -> Choice,
}

/// All of them.
pub(crate) const CLIENTS: &[Client] = &[
    Client { name: "boto3", readers: Readers::Aws, command: None, choose: botocore::choose },
    Client { name: "aws", readers: Readers::Aws, command: Some("aws"), choose: botocore::choose },
    Client { name: "aws-sdk-js v3", readers: Readers::Aws, command: None, choose: aws_sdks::javascript },
    Client { name: "aws-sdk-go v2, Terraform", readers: Readers::Aws, command: None, choose: aws_sdks::go },
    Client { name: "aws-config (Rust)", readers: Readers::Aws, command: None, choose: aws_sdks::rust },
    Client { name: "gcloud", readers: Readers::Gcloud, command: Some("gcloud"), choose: gcloud::choose },
    Client { name: "google-auth (Python)", readers: Readers::Google, command: None, choose: google::python },
    Client {
        name: "google-auth-library (Node)",
        readers: Readers::Google,
        command: None,
        choose: google::node,
    },
    Client { name: "google (Go)", readers: Readers::Google, command: None, choose: google::go },
    Client {
        name: "google-cloud-auth (Rust)",
        readers: Readers::Google,
        command: None,
        choose: google::rust,
    },
    Client { name: "azure-identity (Python)", readers: Readers::Azure, command: None, choose: azure::python },
    Client { name: "az", readers: Readers::Az, command: Some("az"), choose: azure_cli::choose },
    Client { name: "bao", readers: Readers::Vault, command: Some("bao"), choose: vault::bao },
    Client { name: "vault", readers: Readers::Vault, command: Some("vault"), choose: vault::vault },
    Client { name: "hvac", readers: Readers::Vault, command: None, choose: vault::hvac },
];
