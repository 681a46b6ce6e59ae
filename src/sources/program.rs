//! Running a program that prints an ID token.
//!
//! It gets the environment that the config was loaded with, within the bounds of [`program`]. Its standard output is
//! the token and is not shown; its standard error is for the report. Arguments are not shown anywhere: people put
//! secrets there.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use evercred_core::{Advice, Audience, Environment, Failure, HumanDuration, IdToken};
use tokio::process::Command;

use super::problem;
use crate::program::{self, Bounds, Trouble};

/// Far beyond any token.
const LONGEST_OUTPUT: usize = 64 * 1024;
/// Enough of what it complained about.
const LONGEST_COMPLAINT: usize = 2 * 1024;

/// What stands for the audience in arguments.
const PLACEHOLDER: &str = "{audience}";
/// Programs that want the audience in their environment find it here.
const AUDIENCE_VARIABLE: &str = "EVERCRED_AUDIENCE";

/// A program that prints a token.
pub(super) struct Program {
    /// Its name, or the names it goes by: the first that is found runs.
    pub(super) names: Vec<String>,
    /// Its arguments, with `{audience}` where the audience belongs.
    pub(super) arguments: Vec<String>,
    /// Its environment.
    pub(super) environment: Environment,
    /// The time it may take.
    pub(super) limit: Duration,
    /// What to do if there is no such program: a full sentence.
    pub(super) if_missing: &'static str,
}

impl Program {
    /// Its first name, for reports.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Runs it for `audience`.
    pub(super) async fn mint(&self, audience: &Audience) -> Result<IdToken, Failure> {
        let (name, path) = self.find()?;
        let mut command = Command::new(path);
        command
            .args(self.arguments.iter().map(|argument| argument.replace(PLACEHOLDER, audience.as_str())))
            .env_clear()
            .envs(self.environment.iter())
            .env(AUDIENCE_VARIABLE, audience.as_str());
        let text = output(command, name, self.limit).await?;
        problem::parse(&text, &format!("the output of {name}"), Advice::NeedsAttention)
    }

    fn find(&self) -> Result<(&str, PathBuf), Failure> {
        let found = |name: &String| program::find(&self.environment, name);
        self.names.iter().find_map(|name| Some((name.as_str(), found(name)?))).ok_or_else(|| {
            Failure::new(format!("run {}", self.names.join(" or ")), "", Advice::NeedsAttention)
                .message("there is no such executable program")
                .hint(self.if_missing)
        })
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("names", &self.names)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Runs `command`, called `name` in reports, and gives its standard output.
async fn output(command: Command, name: &str, limit: Duration) -> Result<String, Failure> {
    let bounds = Bounds { time: limit, output: LONGEST_OUTPUT + 1, complaint: LONGEST_COMPLAINT };
    let ended = program::run(command, bounds).await.map_err(|trouble| match trouble {
        Trouble::NotStarted(error) => not_started(name, error),
        Trouble::TooSlow => too_slow(name, limit),
        Trouble::Lost(error) => lost(name, error),
    })?;
    if !ended.status.success() {
        return Err(refused(name, ended.status, &ended.complaint));
    }
    if ended.output.len() > LONGEST_OUTPUT {
        return Err(attention(name).message("it printed more than any token has"));
    }
    String::from_utf8(ended.output).map_err(|_| attention(name).message("what it printed is not text"))
}

fn failure(name: &str, advice: Advice) -> Failure {
    Failure::new(format!("get an ID token from {name}"), "", advice)
}

fn attention(name: &str) -> Failure {
    failure(name, Advice::NeedsAttention)
        .hint("Run it by hand as the user that evercred runs as: it must print one token to standard output.")
}

fn not_started(name: &str, error: io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Advice::NeedsAttention,
        _ => Advice::RETRY,
    };
    failure(name, advice)
        .message("it could not be started")
        .hint("Check that it is a program for this machine, and the interpreter that its first line names.")
        .caused_by(error)
}

fn too_slow(name: &str, limit: Duration) -> Failure {
    failure(name, Advice::RETRY)
        .message(format!("it had not ended after {}, and was killed", HumanDuration::from(limit)))
        .hint("See what it waits for (a prompt, the network, a child that keeps its output open), or raise `timeout`.")
}

fn lost(name: &str, error: io::Error) -> Failure {
    failure(name, Advice::RETRY).message("its output could not be read").caused_by(error)
}

fn refused(name: &str, status: ExitStatus, complaint: &[u8]) -> Failure {
    let said = program::one_line(complaint);
    let advice = match status.code() {
        Some(126 | 127) => Advice::NeedsAttention,
        _ => Advice::RETRY,
    };
    failure(name, advice)
        .code(program::named(status))
        .message(if said.is_empty() { "it wrote nothing to standard error" } else { &said })
        .hint("Run it by hand as the user that evercred runs as; evercred tries again by itself.")
}
