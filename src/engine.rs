//! The engine: it owns all logins, their schedule and their status.
//!
//! One loop linearises everything that can happen — a deadline, the end of an attempt, a token source that changed,
//! a command — so each login's state is a plain struct that nobody else can touch. Attempts run as tasks of their
//! own and only report back; a panic in one is a failed attempt. What others may see is one `watch` of a snapshot
//! without secrets. There is no periodic tick: the loop sleeps until the earliest deadline.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot, watch};

use crate::login::{Login, LoginId};
use crate::time::{Clock, Now, Woken};

mod adoption;
pub mod announcement;
pub mod at_hand;
pub mod attempt;
pub mod attempt_error;
mod backoff;
mod budget;
mod entry;
mod family;
pub mod leftover;
mod lending;
pub mod next;
mod notes;
mod obtain;
mod pace;
mod passes;
mod publish;
pub mod reason;
pub mod record;
pub mod rehearsal;
mod renewal;
mod restoration;
pub mod schedule;
mod secret;
pub mod sent;
mod start;
pub mod state;
pub mod status;
mod telling;
pub mod upkeep;
mod work;

#[cfg(test)]
mod tests;

use attempt::Attempts;
use budget::Budget;
use entry::Entry;
use pace::Pace;
use status::{ConfigStatus, Daemon, Status};
use work::{Done, Work};

/// What the engine can be told.
#[derive(Debug)]
pub enum Command {
    /// Make an attempt for these logins now (all, if none is named), whatever the schedule says.
    Refresh(Vec<LoginId>),
    /// A file that a token source reads, or that an output lies in, has changed.
    Changed(PathBuf),
    /// A login's endpoint listens, or cannot, for that reason.
    Listens {
        /// The login.
        login: LoginId,
        /// Where.
        listen: String,
        /// Why it cannot.
        trouble: Option<String>,
    },
    /// Say that the loop turns: it is answered by nothing else.
    Ping(oneshot::Sender<()>),
    /// The config was read again: these logins count from now on, unless it was `None` because it had mistakes.
    Reloaded(Option<Vec<Arc<Login>>>, ConfigStatus),
}

/// Keeps logins fresh until it is dropped.
#[derive(Debug)]
pub struct Engine {
    clock: Arc<dyn Clock>,
    entries: Vec<Entry>,
    /// Of each entry that is a secret, the entry of its login.
    lenders: Vec<Option<usize>>,
    work: Work,
    budget: Budget,
    pace: Pace,
    commands: mpsc::Receiver<Command>,
    status: watch::Sender<Status>,
    jitter: fn() -> f64,
}

impl Engine {
    /// An engine for `logins`, and where it is told things. `jitter` draws from `0.0..1.0`.
    pub fn new(
        clock: Arc<dyn Clock>,
        attempts: Arc<Attempts>,
        logins: Vec<Arc<Login>>,
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
            lenders: family::lenders(&entries),
            entries,
            work: Work::new(attempts),
            budget: Budget::default(),
            pace: Pace::default(),
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

    /// The logins that it keeps fresh.
    pub fn logins(&self) -> Vec<Arc<Login>> {
        self.entries.iter().map(|entry| Arc::clone(&entry.login)).collect()
    }

    /// Runs until every sender of commands is gone.
    pub async fn run(&mut self) {
        loop {
            let deadline = self.start_what_is_due();
            self.publish_status();
            let clock = Arc::clone(&self.clock);
            tokio::select! {
                Some((login, done)) = self.work.next() => self.ended(&login, done),
                command = self.commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                woken = clock.sleep_until(deadline) => if woken == Woken::ClockSet { self.clock_was_set() },
            }
        }
    }

    fn ended(&mut self, login: &Arc<Login>, done: Done) {
        let now = self.clock.read();
        if matches!(done, Done::Inspection(_)) {
            self.pace.end(now.boot);
        }
        // It may have gone, or be another one of the same name, since the config was read again.
        let Some(index) = self.entries.iter().position(|entry| Arc::ptr_eq(&entry.login, login)) else {
            return;
        };
        let entry = &mut self.entries[index];
        match done {
            Done::Attempt(outcome) => {
                entry.attempted(outcome, now, (self.jitter)());
                self.tell_family(index, now);
            }
            Done::Inspection(standing) => entry.inspected(standing, now),
            Done::Retirement(result) => entry.retired(result, now),
            Done::Announcement(failed) => entry.announced(failed),
        }
        self.work.announce(&mut self.entries[index]);
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
                self.entries.iter_mut().for_each(|entry| entry.file_changed(&path, now));
            }
            Command::Listens { login, listen, trouble } => {
                if let Some(entry) = self.entries.iter_mut().find(|entry| entry.login.id == login) {
                    entry.listens(listen, trouble);
                }
            }
            // Whoever asked may be gone already.
            Command::Ping(answer) => drop(answer.send(())),
            Command::Reloaded(logins, config) => self.reloaded(logins, config, now),
        }
    }

    fn reloaded(&mut self, logins: Option<Vec<Arc<Login>>>, config: ConfigStatus, now: Now) {
        if let Some(logins) = logins {
            self.replace(logins, now);
        }
        self.status.send_modify(|status| {
            if let Some(daemon) = &mut status.daemon {
                daemon.config = config;
            }
        });
    }

    /// What did not change keeps its state and its timers; what is under way for a login that went comes to nothing.
    fn replace(&mut self, logins: Vec<Arc<Login>>, now: Now) {
        let mut before = std::mem::take(&mut self.entries);
        for login in logins {
            let entry = match before.iter().position(|entry| entry.login.is_same_as(&login)) {
                Some(index) => before.swap_remove(index),
                None => Entry::new(login, now),
            };
            self.entries.push(entry);
        }
        self.lenders = family::lenders(&self.entries);
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
