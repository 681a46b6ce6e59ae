//! `evercred status`: how the logins are, with or without a daemon.

use std::time::SystemTime;

use crate::control::{Answer, Client, Request};
use crate::daemon;
use crate::engine::attempt_error::Stage;
use crate::engine::state::{LoginState, Phase};
use crate::engine::status::{LoginStatus, Status};
use crate::exit::Exit;
use crate::login::LoginId;
use crate::report::Report;

use super::app::App;
use super::{Format, live, print, show, wait};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins; all, if none is named
    #[arg(value_name = "LOGIN")]
    logins: Vec<LoginId>,
    /// The same as `--output json`
    #[arg(long)]
    json: bool,
    /// Show them again whenever something changes, until stopped
    #[arg(long)]
    watch: bool,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> super::Outcome {
    let format = if arguments.json { Format::Json } else { format };
    if arguments.watch {
        return live::show(app, wait::connect(app)?.watch()?, &arguments.logins, format);
    }
    let status = select(present(app)?, &arguments.logins)?;
    Ok(answer(Some(show::heading(&status)), &status, format))
}

/// How the logins are now, with or without a daemon.
pub(super) fn present(app: &App) -> Result<Status, Box<Report>> {
    match from_daemon(app)? {
        Some(status) => Ok(status),
        None => from_records(app),
    }
}

/// Of `status`, what concerns `logins`; all, if none is named.
pub(super) fn select(mut status: Status, logins: &[LoginId]) -> Result<Status, Box<Report>> {
    let known: Vec<String> = status.logins.iter().map(|login| login.login.clone()).collect();
    if let Some(missing) = logins.iter().find(|name| !known.contains(&name.to_string())) {
        return Err(Report::no_login(missing, known).into());
    }
    let is_wanted = |login: &LoginStatus| logins.iter().any(|id| id.to_string() == login.login);
    status.logins.retain(|login| logins.is_empty() || is_wanted(login));
    Ok(status)
}

/// Prints `status`, under a heading if it is for people, and says by the exit code how things are.
pub(super) fn answer(heading: Option<String>, status: &Status, format: Format) -> Exit {
    match format {
        Format::Text => {
            let heading = heading.map(|line| line + "\n");
            print(&heading.into_iter().chain(show::paragraphs(status)).collect::<Vec<_>>().join("\n"));
        }
        Format::Json => print(&serde_json::to_string_pretty(status).unwrap_or_default()),
    }
    let exit = |login: &LoginStatus| match exit_of(login) {
        Exit::Unavailable if login.phase == Phase::Pending && status.daemon.is_none() => Exit::NotRunning,
        exit => exit,
    };
    status.logins.iter().map(exit).max_by_key(|exit| gravity(*exit)).unwrap_or(Exit::Fresh)
}

/// What the daemon says, brought up to the present instant; `None` if there is no daemon.
fn from_daemon(app: &App) -> Result<Option<Status>, Box<Report>> {
    let runtime_folder = &app.machine.paths.runtime_folder;
    let Some(client) = Client::connect(runtime_folder)? else { return Ok(None) };
    match client.ask(&Request::Status) {
        Ok(Answer::Status(status)) => Ok(Some(at_present(status, app.clock.now()))),
        Ok(Answer::Failed(report)) => Err(report.into()),
        // It ended while it was asked; its lock may outlive its socket by an instant.
        Err(_) if daemon::wait_for_end(runtime_folder, LAST_STEPS) => Ok(None),
        Err(report) => Err(report),
        Ok(Answer::Done) => Ok(None),
    }
}

/// A tenth of a second, in steps of 5 ms.
const LAST_STEPS: usize = 20;

/// The daemon tells when something changes, and time alone is no change.
pub(super) fn at_present(mut status: Status, now: SystemTime) -> Status {
    status.at = now;
    let at_present = |mut login: LoginStatus| {
        if login.expires_at.is_some_and(|end| end <= now) {
            login.phase = Phase::Expired;
        }
        login.advised()
    };
    status.logins = status.logins.into_iter().map(at_present).collect();
    status
}

/// What was published last, as the records have it.
fn from_records(app: &App) -> Result<Status, Box<Report>> {
    let (records, now) = (app.records(), app.clock.read());
    let describe = |login: &crate::login::Login| {
        let state = LoginState { held: records.read(login), ..LoginState::new(now) };
        LoginStatus::new(login, &state, false, &[], now.wall).unattended()
    };
    let logins = app.resolved()?.logins.iter().map(|login| describe(login)).collect();
    Ok(Status { version: Status::VERSION, at: now.wall, daemon: None, logins })
}

fn exit_of(login: &LoginStatus) -> Exit {
    let error = login.error.as_ref().map(|error| (error.stage, error.class.as_str()));
    match (login.phase, error) {
        (Phase::Fresh, _) => Exit::Fresh,
        (Phase::Expired, _) => Exit::Expired,
        (_, Some((Stage::Lock | Stage::Publish, _))) => Exit::Failed,
        // It speaks for somebody, so it is there and good.
        _ if login.subject.is_some() => Exit::Stale,
        (_, Some((_, "needs_attention" | "new_token"))) => Exit::Refused,
        _ => Exit::Unavailable,
    }
}

/// Of several logins, the worst one's code counts.
fn gravity(exit: Exit) -> u8 {
    match exit {
        Exit::Fresh => 0,
        Exit::Stale => 1,
        Exit::NotRunning => 2,
        Exit::Unavailable => 3,
        Exit::Failed => 4,
        Exit::Refused => 5,
        _ => 6,
    }
}
