//! `evercred doctor`: which credential each client takes here and now, what is wrong, and what would help.

mod shown;

use std::path::PathBuf;
use std::sync::Arc;

use evercred_core::Failure;

use crate::config::Resolved;
use crate::doctor::disk::Disk;
use crate::doctor::findings::{self, Finding, Severity};
use crate::doctor::observation::Observation;
use crate::doctor::ours::Ours;
use crate::doctor::{Diagnosis, predict};
use crate::engine::leftover::Leftover;
use crate::exit::Exit;
use crate::login::{Login, LoginId};
use crate::report::Report;

use super::app::App;
use super::{Format, print, status};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins; all, if none is named
    #[arg(value_name = "LOGIN")]
    logins: Vec<LoginId>,
    /// Mend what is safe to mend: modes of our own files, and what is left of logins that are gone
    #[arg(long)]
    fix: bool,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> super::Outcome {
    let (config, mistakes) = match app.resolved() {
        Ok(config) => (Some(config), None),
        Err(report) => (None, Some(report)),
    };
    let all = config.as_ref().map(|config| config.logins.clone()).unwrap_or_default();
    let chosen = chosen(&all, &arguments.logins)?;
    let (records, clinic) = (app.records(), Clinic { app, config: config.as_ref() });
    let ours = Ours { logins: &all, records: &records, state_folder: &app.machine.paths.state_folder };
    let mut fixed = Vec::new();
    if arguments.fix {
        fixed = clinic.fix(&chosen, ours).map_err(|failure| Report::from(&failure))?;
    }
    let disk = Disk { owner: None };
    let observation = Observation::new(app.machine.build.surroundings.environment.clone(), &disk);
    let mut findings: Vec<Finding> = mistakes.iter().map(|report| no_config(report)).collect();
    findings.extend(clinic.findings(&chosen, &observation, ours));
    findings.sort_by_key(|finding| finding.severity);
    let predictions = predict(&observation, ours);
    let diagnosis = Diagnosis { version: Diagnosis::VERSION, predictions, findings, fixed };
    match format {
        Format::Text => print(&shown::text(&diagnosis)),
        Format::Json => print(&serde_json::to_string_pretty(&diagnosis).unwrap_or_default()),
    }
    Ok(if diagnosis.is_good() { Exit::Fresh } else { Exit::Unused })
}

fn chosen(all: &[Arc<Login>], names: &[LoginId]) -> Result<Vec<Arc<Login>>, Box<Report>> {
    if let Some(missing) = names.iter().find(|name| all.iter().all(|login| login.id != **name)) {
        return Err(Report::no_login(missing, all.iter().map(|login| login.id.to_string())).into());
    }
    let is_chosen = |login: &&Arc<Login>| names.is_empty() || names.contains(&login.id);
    Ok(all.iter().filter(is_chosen).cloned().collect())
}

fn no_config(report: &Report) -> Finding {
    let message = report.problems().join("; ");
    let finding =
        Finding::new(Severity::Error, format!("no config counts, so nothing is kept fresh: {message}"));
    Finding { remedy: report.hint.clone(), place: report.file.clone(), ..finding }
}

/// The logins and what is known of them.
struct Clinic<'a> {
    app: &'a App,
    config: Option<&'a Resolved>,
}

impl Clinic<'_> {
    fn findings(&self, chosen: &[Arc<Login>], observation: &Observation<'_>, ours: Ours<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for login in chosen {
            let disk = Disk { owner: login.outputs.iter().find_map(|output| output.target().owner) };
            // Programs of another user have an environment of which nothing is known here.
            if disk.owner.is_none() {
                findings.extend(findings::usage(login, observation, ours));
            }
            findings.extend(findings::files(login));
        }
        if self.config.is_some() {
            findings.extend(findings::strangers(observation, ours));
            findings.extend(findings::leftovers(&leftovers(ours)));
        }
        let config = self.config.map(|config| config.file.as_path());
        let status = status::present(self.app).and_then(|status| status::select(status, &ids(chosen)));
        findings.extend(status.iter().flat_map(|status| findings::daemon(status, config)));
        findings
    }

    fn fix(&self, chosen: &[Arc<Login>], ours: Ours<'_>) -> Result<Vec<String>, Failure> {
        let mut done = Vec::new();
        for login in chosen {
            let restricted: Vec<PathBuf> = findings::restrict(login)?;
            done.extend(
                restricted.iter().map(|path| format!("took the rights of others on {}", path.display())),
            );
        }
        if self.config.is_some() {
            done.extend(findings::clear(&leftovers(ours), ours)?);
        }
        Ok(done)
    }
}

fn leftovers(ours: Ours<'_>) -> Vec<Leftover> {
    ours.records.leftovers(&ids(ours.logins))
}

fn ids(logins: &[Arc<Login>]) -> Vec<LoginId> {
    logins.iter().map(|login| login.id.clone()).collect()
}
