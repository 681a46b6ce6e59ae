//! Hooks: what a login tells other programs, by running one of them or by a signal.
//!
//! A hook learns what happened from its environment, and never a secret: it reads the outputs, as everybody does. It is
//! killed when its time is over, with its process group (`program.rs`). What it prints is for the log, without
//! what the outputs hold. That a hook fails is no failure of the
//! login: it is logged, and shown beside the login until a hook of it has done its work again.
//!
//! When hooks are due, and that they run one at a time, is the business of [`crate::engine::announcement`].

mod config;
mod pid_file;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use evercred_core::{Advice, Environment, Failure, HumanDuration, Secret, conceal, redact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::engine::attempt::panicked;
use crate::program::{self, Bounds, Ended, Trouble};

pub(crate) use config::{Config, build};
pub(crate) use pid_file::SignalName;

/// As much of what a hook prints is kept for the log, of each of its two streams.
const LONGEST_OUTPUT: usize = 4 * 1024;

/// What a hook is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The bytes of an output are others than the hooks were told of last; the first ones count, too.
    Change,
    /// An attempt failed, and the one before had not.
    Failure,
    /// An attempt succeeded after one or more that failed.
    Recovery,
}

impl Event {
    /// The name in config and in `$EVERCRED_EVENT`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Failure => "failure",
            Self::Recovery => "recovery",
        }
    }
}

/// What a hook may know.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The login.
    pub login: String,
    /// Whom its credential speaks for; empty if there is none.
    pub subject: String,
    /// When that ends (RFC 3339); empty if it never does, or if there is none.
    pub expires_at: String,
    /// The files that the login keeps.
    pub outputs: Vec<PathBuf>,
}

/// One configured hook.
#[derive(Debug)]
pub struct Hook {
    on: Vec<Event>,
    action: Action,
}

#[derive(Debug)]
enum Action {
    Run(Program),
    Signal { signal: SignalName, pid_file: PathBuf },
}

struct Program {
    name: String,
    arguments: Vec<String>,
    environment: Environment,
    limit: Duration,
}

impl Hook {
    /// Whether it wants to be told of `event`.
    pub fn is_for(&self, event: Event) -> bool {
        self.on.contains(&event)
    }

    /// What it is called in reports: a program without its arguments, because people put secrets there.
    pub fn describe(&self) -> String {
        match &self.action {
            Action::Run(program) => program.name.clone(),
            Action::Signal { signal, pid_file } => format!("{signal} to {}", pid_file.display()),
        }
    }

    /// Tells it of `event`, and waits until it has ended. `secrets` are hidden in what it prints.
    pub async fn run(&self, event: Event, facts: &Facts, secrets: &[Secret]) -> Result<(), Failure> {
        match &self.action {
            Action::Run(program) => program.run(event, facts, secrets).await,
            Action::Signal { signal, pid_file } => {
                let (signal, file) = (*signal, pid_file.clone());
                let sent = tokio::task::spawn_blocking(move || pid_file::send(signal, &file)).await;
                sent.unwrap_or_else(|_| Err(panicked("send a signal")))
            }
        }
    }
}

impl Program {
    async fn run(&self, event: Event, facts: &Facts, secrets: &[Secret]) -> Result<(), Failure> {
        let path = program::find(&self.environment, &self.name).ok_or_else(|| {
            self.failure("there is no such executable program")
                .hint("Give its full path in `command`, and make it executable.")
        })?;
        let outputs: Vec<_> = facts.outputs.iter().map(|path| path.to_string_lossy()).collect();
        let mut command = Command::new(path);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter())
            .env("EVERCRED_LOGIN", &facts.login)
            .env("EVERCRED_EVENT", event.name())
            .env("EVERCRED_SUBJECT", &facts.subject)
            .env("EVERCRED_EXPIRES_AT", &facts.expires_at)
            .env("EVERCRED_OUTPUTS", outputs.join("\n"));
        let bounds = Bounds { time: self.limit, output: LONGEST_OUTPUT, complaint: LONGEST_OUTPUT };
        let ended = program::run(command, bounds).await.map_err(|trouble| self.trouble(trouble))?;
        self.judge(&ended, &facts.login, secrets)
    }

    fn judge(&self, ended: &Ended, login: &str, secrets: &[Secret]) -> Result<(), Failure> {
        let clean = |bytes: &Vec<u8>| {
            let line = program::one_line(whole_words(bytes));
            redact(&conceal(&line, secrets.iter().map(Secret::expose)))
        };
        let [output, complaint] = [&ended.output, &ended.complaint].map(clean);
        tracing::debug!(login, hook = self.name, output, complaint, "The hook has ended.");
        if ended.status.success() {
            return Ok(());
        }
        let said = if complaint.is_empty() { output } else { complaint };
        let failure = self.failure(if said.is_empty() { "it said nothing" } else { &said });
        Err(failure
            .code(program::named(ended.status))
            .hint("Run it by hand as the user that evercred runs as; it runs again at the next event."))
    }

    fn trouble(&self, trouble: Trouble) -> Failure {
        match trouble {
            Trouble::NotStarted(error) => self
                .failure("it could not be started")
                .hint("Check that it is a program for this machine, and the interpreter its first line names.")
                .caused_by(error),
            Trouble::TooSlow => self
                .failure(&format!("it had not ended after {}, and was killed", HumanDuration::from(self.limit)))
                .hint(
                    "See what it waits for (a prompt, the network, a child that keeps its output open), or raise \
                     `timeout`.",
                ),
            Trouble::Lost(error) => self.failure("its output could not be read").caused_by(error),
        }
    }

    fn failure(&self, message: &str) -> Failure {
        Failure::new("run the hook", self.name.clone(), Advice::NeedsAttention).message(message)
    }
}

/// What was printed, without the last word if that was cut in two: half a secret is not recognised as one.
fn whole_words(printed: &[u8]) -> &[u8] {
    if printed.len() < LONGEST_OUTPUT {
        return printed;
    }
    let end = printed.iter().rposition(u8::is_ascii_whitespace).unwrap_or_default();
    &printed[..end]
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
