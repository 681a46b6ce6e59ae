//! `evercred doctor`: which credential each client takes here and now, what is wrong, and what would help.

use crate::doctor::disk::Disk;
use crate::doctor::observation::Observation;
use crate::doctor::ours::Ours;
use crate::doctor::{Diagnosis, predict};
use crate::exit::Exit;
use crate::login::LoginId;

use super::app::App;
use super::{Format, print};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins; all, if none is named
    #[arg(value_name = "LOGIN")]
    logins: Vec<LoginId>,
    /// Do what is safe about it: modes of our own files, and what is left of logins that are gone
    #[arg(long)]
    fix: bool,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> super::Outcome {
    let resolved = app.resolved().ok();
    let logins = resolved.map(|resolved| resolved.logins).unwrap_or_default();
    let records = app.records();
    let ours = Ours { logins: &logins, records: &records, state_folder: &app.machine.paths.state_folder };
    let disk = Disk { owner: None };
    let observation = Observation::new(app.machine.build.surroundings.environment.clone(), &disk);
    let diagnosis = Diagnosis { version: 1, predictions: predict(&observation, ours) };
    print(&serde_json::to_string_pretty(&diagnosis).unwrap_or_default());
    Ok(Exit::Fresh)
}
