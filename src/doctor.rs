//! Which credential each client takes, here and now, and what keeps it from taking ours.
//!
//! A prediction is a pure function of an [`Observation`](observation::Observation): one file a family of clients, with
//! that client's own order and its own way of reading files. What is wrong on this machine are findings.

mod aws_sdks;
mod azure;
mod azure_cli;
mod botocore;
pub(crate) mod clients;
pub(crate) mod disk;
pub(crate) mod findings;
mod gcloud;
mod google;
pub(crate) mod observation;
pub(crate) mod ours;
pub(crate) mod prediction;
mod python_ini;
mod vault;

use schemars::JsonSchema;
use serde::Serialize;

use crate::login::LoginId;
use clients::{CLIENTS, Client};
use findings::{Finding, Severity};
use observation::Observation;
use ours::Ours;
use prediction::Choice;

/// What `evercred doctor --output json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Diagnosis {
    /// The version of this format; it grows when a field changes its meaning or goes away.
    pub(crate) version: u32,
    /// What each client takes, here and now.
    pub(crate) predictions: Vec<Prediction>,
    /// What is wrong, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// What `--fix` did.
    pub(crate) fixed: Vec<String>,
}

/// What one client takes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Prediction {
    /// The client.
    pub(crate) client: &'static str,
    /// Whether it is installed; absent for a library, of which nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) installed: Option<bool>,
    /// What it takes.
    pub(crate) choice: Choice,
    /// The login whose credential that is; absent if it is none of ours.
    #[schemars(with = "Option<String>")]
    pub(crate) ours: Option<LoginId>,
}

impl Diagnosis {
    /// The present version of the format.
    pub(crate) const VERSION: u32 = 1;

    /// Whether every login is used by the clients that it is for.
    pub(crate) fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

/// What every client takes.
pub(crate) fn predict(observation: &Observation<'_>, ours: Ours<'_>) -> Vec<Prediction> {
    CLIENTS.iter().map(|client| predict_one(client, observation, ours)).collect()
}

fn predict_one(client: &Client, observation: &Observation<'_>, ours: Ours<'_>) -> Prediction {
    let choice = (client.choose)(observation);
    let ours = match &choice {
        Choice::Takes(source) => ours.login_of(source, observation),
        Choice::Fails { .. } | Choice::FindsNothing { .. } => None,
    };
    let installed = client.command.map(|command| observation.program(command).is_some());
    Prediction { client: client.name, installed, choice, ours }
}
