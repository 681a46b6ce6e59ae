//! The config of a running daemon: what counts, and what was last seen in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::config::{self, Machine, Resolved, Services};
use crate::engine::status::ConfigStatus;
use crate::exit::Exit;
use crate::login::{Login, LoginId};
use crate::registry::Registry;
use crate::report::Report;

/// The config that counts.
#[derive(Debug)]
pub(super) struct Config {
    status: ConfigStatus,
    watched: BTreeSet<PathBuf>,
    templates: Vec<PathBuf>,
    fingerprints: BTreeMap<LoginId, String>,
    services: Services,
}

impl Config {
    /// What was read at the start.
    pub(super) fn new(resolved: &Resolved, now: SystemTime) -> Self {
        let status = ConfigStatus { file: resolved.file.clone(), loaded_at: now, problems: Vec::new() };
        let watched = watched(resolved);
        let (templates, services) = (resolved.templates.clone(), resolved.services.clone());
        Self { status, watched, templates, fingerprints: fingerprints(&resolved.logins), services }
    }

    pub(super) fn status(&self) -> &ConfigStatus {
        &self.status
    }

    /// Whether it was read from that file, or that is a part of it.
    pub(super) fn is_in(&self, path: &Path) -> bool {
        self.status.file == path || self.templates.iter().any(|template| template == path)
    }

    /// The files that somebody else may change.
    pub(super) fn watched(&self) -> &BTreeSet<PathBuf> {
        &self.watched
    }

    /// Reads the same file again. Where another config would be found is of no interest: while an editor saves a
    /// file, it may be missing for an instant.
    pub(super) async fn load(&self, registry: &Registry, machine: &Machine) -> Result<Resolved, Box<Report>> {
        let (registry, machine, file) = (registry.clone(), machine.clone(), self.status.file.clone());
        let load = move || {
            config::load(&registry, &machine, Some(&file)).map_err(|error| Report::from(&error).into())
        };
        tokio::task::spawn_blocking(load).await.unwrap_or_else(|panic| {
            let hint = "Please report this as a bug, with the config.".to_owned();
            Err(Report::new(&panic, Some(hint), Exit::Failed).into())
        })
    }

    /// `resolved` counts from now on.
    pub(super) fn accept(&mut self, resolved: &Resolved, now: SystemTime) {
        let before = std::mem::replace(self, Self::new(resolved, now));
        if self.services != before.services {
            tracing::warn!("[audit] and [metrics] have changed; that counts from the next start on.");
        }
        let (old, new) = (&before.fingerprints, &self.fingerprints);
        let added = names(new.keys().filter(|id| !old.contains_key(*id)));
        let gone = names(old.keys().filter(|id| !new.contains_key(*id)));
        let is_changed =
            |(id, fingerprint): &(&LoginId, &String)| old.get(*id).is_some_and(|old| old != *fingerprint);
        let changed = names(new.iter().filter(is_changed).map(|(id, _)| id));
        tracing::info!(
            added,
            changed,
            gone,
            "The config was read again; the files of what is gone stay as they are."
        );
    }

    /// What is in the file does not count.
    pub(super) fn refuse(&mut self, report: &Report) {
        let problems = report.problems();
        if problems != self.status.problems {
            let problems = problems.join("; ");
            tracing::error!(problems, "The config has mistakes; what ran before runs on.");
        }
        self.status.problems = problems;
    }
}

fn names<'i>(ids: impl Iterator<Item = &'i LoginId>) -> String {
    ids.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn fingerprints(logins: &[Arc<Login>]) -> BTreeMap<LoginId, String> {
    logins.iter().map(|login| (login.id.clone(), login.fingerprint.clone())).collect()
}

fn watched(resolved: &Resolved) -> BTreeSet<PathBuf> {
    std::iter::once(resolved.file.clone())
        .chain(resolved.templates.iter().cloned())
        .chain(resolved.logins.iter().flat_map(|login| files_of(login)))
        .collect()
}

/// The files of a login that somebody else may change.
pub(super) fn files_of(login: &Login) -> Vec<PathBuf> {
    let outputs = login.outputs.iter().map(|output| output.target().path.as_path());
    login.watched().into_iter().chain(outputs).map(Path::to_owned).collect()
}
