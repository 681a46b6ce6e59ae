//! Keeping logins fresh without being talked to: what a daemon does, less its orders, its signals and its config.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::config::Machine;
use crate::engine::attempt::Attempts;
use crate::engine::status::{Daemon as Identity, Status};
use crate::engine::{Command, Engine};
use crate::login::Login;
use crate::time::Clock;

use super::reload::files_of;
use super::watcher::Watcher;

/// Keeps logins fresh for as long as it runs.
#[derive(Debug)]
pub struct Keeper {
    engine: Engine,
    commands: mpsc::Sender<Command>,
    watcher: Watcher,
}

impl Keeper {
    /// For `logins`, by these `attempts`. Needs a runtime.
    pub fn new(
        clock: Arc<dyn Clock>,
        attempts: Arc<Attempts>,
        machine: &Machine,
        logins: Vec<Arc<Login>>,
        identity: Identity,
    ) -> Self {
        let watched: BTreeSet<PathBuf> = logins.iter().flat_map(|login| files_of(login)).collect();
        let (engine, commands) = Engine::new(clock, attempts, logins, identity, fastrand::f64);
        Self { engine, commands, watcher: Watcher::new(watched, machine) }
    }

    /// How the logins are, as it changes.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.engine.status()
    }

    /// Runs until it is dropped.
    pub async fn run(self) {
        let Self { mut engine, commands, mut watcher } = self;
        let mut news = engine.status();
        let attend = async {
            loop {
                tokio::select! {
                    path = watcher.changed() => drop(commands.send(Command::Changed(path)).await),
                    Ok(()) = news.changed() => watcher.look(&news.borrow_and_update()),
                }
            }
        };
        tokio::select! {
            () = engine.run() => {}
            () = attend => {}
        }
    }
}
