//! The files that somebody else may change: the config, what token sources read, and the outputs.

use std::collections::BTreeSet;
use std::future::pending;
use std::path::PathBuf;
use std::time::SystemTime;

use tokio::sync::mpsc;

use crate::config::Machine;
use crate::engine::status::Status;
use crate::sources::watch::{Guard, watch};

/// Watches files, which may be others after a reload.
#[derive(Debug)]
pub(super) struct Watcher {
    paths: BTreeSet<PathBuf>,
    guard: Guard,
    changes: mpsc::Receiver<PathBuf>,
    /// When each login was published last.
    published: Vec<Option<SystemTime>>,
}

impl Watcher {
    /// Needs a runtime.
    pub(super) fn new(paths: BTreeSet<PathBuf>, machine: &Machine) -> Self {
        let (guard, changes) = start(&paths, machine);
        Self { paths, guard, changes, published: Vec::new() }
    }

    /// Watches `paths` instead. What changes between the two watches was read by the reload that asks for this.
    pub(super) fn watch(&mut self, paths: BTreeSet<PathBuf>, machine: &Machine) {
        if self.paths != paths {
            (self.guard, self.changes) = start(&paths, machine);
            self.paths = paths;
        }
    }

    /// The next file that has changed. Nothing is lost if the wait is given up.
    pub(super) async fn changed(&mut self) -> PathBuf {
        match self.changes.recv().await {
            Some(path) => path,
            None => pending().await,
        }
    }

    /// A first publish makes folders that could not be watched before.
    pub(super) fn look(&mut self, status: &Status) {
        let now: Vec<_> = status.logins.iter().map(|login| login.issued_at).collect();
        if now != self.published {
            self.guard.look();
            self.published = now;
        }
    }
}

fn start(paths: &BTreeSet<PathBuf>, machine: &Machine) -> (Guard, mpsc::Receiver<PathBuf>) {
    let paths: Vec<PathBuf> = paths.iter().cloned().collect();
    watch(&paths, &machine.build.surroundings.environment)
}
