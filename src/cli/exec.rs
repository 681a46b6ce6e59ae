//! `evercred exec`: a command with the variables by which it finds its logins.
//!
//! The command takes the place of this process (`execve(2)`): its process id, its terminal, its signals and its exit
//! code are those that a shell would have given it, because there is nobody in between. A running daemon keeps the logins
//! fresh; where none does, or where files of the command's own are needed, a *keeper* does so beside it, until the
//! command ends (`keep.rs`).

mod plan;
mod ready;

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use evercred_core::HumanDuration;

use crate::control::{Client, Watch};
use crate::exit::Exit;
use crate::harden::Dumps;
use crate::login::LoginId;
use crate::report::Report;
use crate::variables::Variables;

use super::app::{App, runtime};
use super::{Global, keep};
pub(super) use plan::{Plan, clashing, folder, is_secret, no_way};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins
    #[arg(value_name = "LOGIN", required = true)]
    logins: Vec<LoginId>,
    /// Give up after so long if they do not get fresh
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    timeout: HumanDuration,
    /// What to do to the command when one of its credentials was replaced: `none`, or `signal=HUP` (`USR1`, …)
    #[arg(long, value_name = "WHAT", default_value = "none")]
    on_rotation: keep::OnRotation,
    /// The command and its arguments
    #[arg(value_name = "COMMAND", last = true, required = true)]
    command: Vec<OsString>,
}

/// The variable that names the logins whose variables a command was given.
pub(super) const MARK: &str = "EVERCRED_EXEC";

pub(super) fn run(app: &App, arguments: &Arguments, global: &Global, dumps: &Dumps) -> super::Outcome {
    let resolved = app.resolved()?;
    let plan = Plan::of(app, &resolved, &arguments.logins, std::process::id())?;
    // Whatever cannot be together is said before anybody is asked for anything.
    plan.variables(app, |_| Ok(None))?;
    let wants_keeper = plan.has_private() || arguments.on_rotation.is_wanted();
    let daemon = if wants_keeper { None } else { kept_by_daemon(app, &plan)? };
    let (mut watch, keeper) = match daemon {
        Some(watch) => (watch, false),
        None => (keep::start(app, &plan, arguments.on_rotation, (&resolved.file, global))?, true),
    };
    let told = ready::until(app, &mut watch, &arguments.logins, arguments.timeout.get());
    for note in told.map_err(|report| if keeper { ready::of_keeper(report) } else { report })? {
        say(&note);
    }
    let attempts = app.attempts_holding(|_| true, None);
    let machinery = plan.needs_credentials().then(runtime).transpose()?;
    let variables = plan.variables(app, |login| {
        let Some(machinery) = &machinery else { return Ok(None) };
        say(&format!(
            "none of the outputs of {} refreshes by itself, so the command gets its credential in variables, and as it \
             is now",
            login.id
        ));
        Ok(Some(machinery.block_on(attempts.lend(login)).map_err(|error| Report::from(&error))?))
    })?;
    drop(machinery);
    // As long as this is open, the keeper has somebody to talk to.
    let error = begin(arguments, &variables, dumps);
    drop(watch);
    Err(error)
}

/// The daemon's news, if one keeps all these logins in the files that we think of.
fn kept_by_daemon(app: &App, plan: &Plan) -> Result<Option<Watch>, Box<Report>> {
    let Some(client) = Client::connect(&app.machine.paths.runtime_folder)? else { return Ok(None) };
    let mut watch = client.watch()?;
    let Some(status) = watch.next(Some(ready::PATIENCE))? else { return Ok(None) };
    if !plan.is_in(&status) {
        return Ok(None);
    }
    plan.check_places(&status)?;
    Ok(Some(watch.again(status)))
}

/// Becomes the command; what comes back is why that could not be.
fn begin(arguments: &Arguments, variables: &Variables, dumps: &Dumps) -> Box<Report> {
    let Some((program, words)) = arguments.command.split_first() else { return not_started(None) };
    let mut command = Command::new(program);
    command.args(words);
    for name in variables.unset() {
        command.env_remove(name);
    }
    for (name, setting) in variables.set() {
        command.env(name, setting.value.expose());
    }
    let names: Vec<_> = arguments.logins.iter().map(ToString::to_string).collect();
    command.env(MARK, names.join(" "));
    dumps.allow();
    not_started(Some((program, command.exec())))
}

/// With the exit codes of shells (POSIX, Shell Command Language §2.8.2).
fn not_started(why: Option<(&OsString, std::io::Error)>) -> Box<Report> {
    let Some((program, error)) = why else {
        let error = std::io::Error::other("there is no command");
        return Report::new(&error, None, Exit::Usage).into();
    };
    let is_missing = error.kind() == ErrorKind::NotFound;
    let hint = if is_missing {
        "Check its name and PATH, or, of a script, the interpreter in its first line."
    } else {
        "Check that it is a program, and that you may execute it."
    };
    let sentence = std::io::Error::other(format!("failed to start {}: {error}", program.display()));
    let report = Report::new(&sentence, Some(hint.to_owned()), Exit::Failed);
    Report { exit_code: if is_missing { 127 } else { 126 }, ..report }.into()
}

/// The two ends of what a keeper tells its news by.
pub(super) fn pair() -> Result<(UnixStream, Stdio), Box<Report>> {
    let (ours, theirs) =
        UnixStream::pair().map_err(|error| Box::new(Report::new(&error, None, Exit::Failed)))?;
    Ok((ours, Stdio::from(OwnedFd::from(theirs))))
}

/// A line for people, beside what the command says.
fn say(note: &str) {
    let _ = writeln!(std::io::stderr(), "evercred: {note}");
}
