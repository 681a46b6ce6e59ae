//! Which credential each client takes, here and now, and what keeps it from taking ours.
//!
//! A prediction is a pure function of an [`Observation`](observation::Observation): one file a family of clients, with
//! that client's own order and its own way of reading files. What is wrong on this machine are findings.

mod azure;
mod azure_cli;
mod botocore;
pub(crate) mod clients;
pub(crate) mod disk;
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
}

/// What one client takes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Prediction {
    /// The client.
    pub(crate) client: &'static str,
    /// What it takes.
    pub(crate) choice: Choice,
    /// The login whose credential that is; absent if it is none of ours.
    #[schemars(with = "Option<String>")]
    pub(crate) ours: Option<LoginId>,
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
    Prediction { client: client.name, choice, ours }
}
