//! The engine: it owns all logins, their schedule and their status.
//!
//! One loop linearises everything that can happen — a deadline, the end of an attempt, a token source that changed,
//! a command — so each login's state is a plain struct that nobody else can touch. Attempts run as tasks of their
//! own and only report back; a panic in one is a failed attempt. What others may see is one `watch` of a snapshot
//! without secrets. There is no periodic tick: the loop sleeps until the earliest deadline.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Advice, Failure};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};

use crate::login::{Login, LoginId};
use crate::time::{Clock, Deadline, Woken};

pub mod attempt;
pub mod attempt_error;
mod backoff;
mod budget;
mod entry;
mod publish;
pub mod record;
mod renewal;
pub mod schedule;
pub mod state;
pub mod status;

#[cfg(test)]
mod tests;

use attempt::{Attempts, Outcome};
use attempt_error::{AttemptError, Stage};
use budget::Budget;
use entry::Entry;
use schedule::Step;
use status::{Daemon, Status};

/// What the engine can be told.
#[derive(Debug)]
pub enum Command {
    /// Make an attempt for these logins now (all, if none is named), whatever the schedule says.
    Refresh(Vec<LoginId>),
    /// A file that a token source reads, or that an output lies in, has changed.
    Changed(PathBuf),
}

/// Keeps logins fresh until it is dropped.
#[derive(Debug)]
pub struct Engine {
    clock: Arc<dyn Clock>,
    attempts: Arc<Attempts>,
    entries: Vec<Entry>,
    budget: Budget,
    running: JoinSet<Outcome>,
    running_for: HashMap<Id, LoginId>,
    commands: mpsc::Receiver<Command>,
    status: watch::Sender<Status>,
    jitter: fn() -> f64,
}

impl Engine {
    /// An engine for `logins`, and where it is told things. `jitter` draws from `0.0..1.0`.
    pub fn new(
        clock: Arc<dyn Clock>,
        attempts: Arc<Attempts>,
        logins: Vec<Login>,
        daemon: Daemon,
        jitter: fn() -> f64,
    ) -> (Self, mpsc::Sender<Command>) {
        let now = clock.read();
        let entries: Vec<Entry> = logins.into_iter().map(|login| Entry::new(login, now)).collect();
        let (sender, commands) = mpsc::channel(64);
        let logins = entries.iter().map(|entry| entry.status(now.wall)).collect();
        let status = Status { version: Status::VERSION, at: now.wall, daemon: Some(daemon), logins };
        let engine = Self {
            clock,
            attempts,
            entries,
            budget: Budget::default(),
            running: JoinSet::new(),
            running_for: HashMap::new(),
            commands,
            status: watch::Sender::new(status),
            jitter,
        };
        (engine, sender)
    }

    /// The status as it changes.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Runs until every sender of commands is gone.
    pub async fn run(mut self) {
        loop {
            let deadline = self.start_what_is_due();
            self.publish_status();
            let clock = Arc::clone(&self.clock);
            tokio::select! {
                Some(ended) = self.running.join_next_with_id() => self.attempt_ended(ended),
                command = self.commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                woken = clock.sleep_until(deadline) => if woken == Woken::ClockSet { self.clock_was_set() },
            }
        }
    }

    /// Starts every attempt that is due and within the budget; says when to look again.
    fn start_what_is_due(&mut self) -> Option<Deadline> {
        let now = self.clock.read();
        let mut earliest: Option<Deadline> = None;
        for index in 0..self.entries.len() {
            let entry = &mut self.entries[index];
            let look_again = match entry.next_step(now) {
                None => continue,
                Some(Step::Wait(deadline)) => deadline,
                Some(Step::Retire) => {
                    entry.state.retired = true;
                    self.retire(index);
                    continue;
                }
                Some(Step::Attempt) => match self.budget.take(&entry.budget_keys(), now.boot) {
                    Ok(()) => {
                        self.start(index);
                        continue;
                    }
                    Err(wait) => Deadline::after(wait, now),
                },
            };
            earliest = Some(earliest.map_or(look_again, |known| known.earlier(look_again)));
        }
        earliest
    }

    fn start(&mut self, index: usize) {
        let entry = &mut self.entries[index];
        entry.start();
        let (attempts, login, adopt_after) =
            (Arc::clone(&self.attempts), Arc::clone(&entry.login), entry.adopt_after());
        let task = self.running.spawn(async move { attempts.run(&login, adopt_after).await });
        self.running_for.insert(task.id(), entry.login.id.clone());
    }

    fn retire(&mut self, index: usize) {
        let entry = &self.entries[index];
        let (attempts, login) = (Arc::clone(&self.attempts), Arc::clone(&entry.login));
        tokio::spawn(async move {
            match attempts.retire(&login).await {
                Ok(()) => {
                    tracing::warn!(login = %login.id, "The credential has ended; its outputs were removed.");
                }
                Err(failure) => {
                    tracing::error!(login = %login.id, %failure, "The ended outputs could not be removed.");
                }
            }
        });
    }

    fn attempt_ended(&mut self, ended: Result<(Id, Outcome), JoinError>) {
        let (task, outcome) = match ended {
            Ok((task, outcome)) => (task, outcome),
            Err(error) => (error.id(), panicked()),
        };
        let now = self.clock.read();
        let id = self.running_for.remove(&task);
        if let Some(entry) = self.entries.iter_mut().find(|entry| Some(&entry.login.id) == id.as_ref()) {
            entry.end(outcome, now, (self.jitter)());
        }
    }

    fn obey(&mut self, command: Command) {
        let now = self.clock.read();
        match command {
            Command::Refresh(ids) => {
                for entry in
                    self.entries.iter_mut().filter(|entry| ids.is_empty() || ids.contains(&entry.login.id))
                {
                    entry.refresh(now);
                }
            }
            Command::Changed(path) => {
                for entry in
                    self.entries.iter_mut().filter(|entry| entry.login.source.watched() == Some(&path))
                {
                    entry.wake(now, "The token source changed.");
                }
            }
        }
    }

    /// A failure may have been the clock's fault, so it is worth another try at once; what is fresh has its
    /// deadline on both clocks and needs no help.
    fn clock_was_set(&mut self) {
        let now = self.clock.read();
        for entry in self.entries.iter_mut().filter(|entry| entry.state.error.is_some()) {
            entry.wake(now, "The wall clock was set.");
        }
    }

    fn publish_status(&self) {
        let at = self.clock.now();
        let logins = self.entries.iter().map(|entry| entry.status(at)).collect();
        self.status.send_if_modified(|status| replace_logins(status, logins, at));
    }
}

/// Replaces the logins of `status`; says whether that changed anything but the time.
fn replace_logins(status: &mut Status, logins: Vec<status::LoginStatus>, at: SystemTime) -> bool {
    let changed = status.logins != logins;
    if changed {
        status.logins = logins;
        status.at = at;
    }
    changed
}

fn panicked() -> Outcome {
    let failure = Failure::new("complete the attempt", "", Advice::RETRY)
        .message("the code for it panicked")
        .hint("Please report this as a bug, with the log; evercred tries again.");
    Outcome::Failed { held: None, error: AttemptError::new(Stage::Exchange, &failure) }
}
