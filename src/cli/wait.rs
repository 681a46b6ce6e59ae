//! `evercred wait`: return when logins are fresh.

use std::time::Duration;

use evercred_core::HumanDuration;

use crate::control::{Client, Watch};
use crate::engine::state::Phase;
use crate::engine::status::{LoginStatus, Status};
use crate::exit::Exit;
use crate::login::LoginId;
use crate::report::Report;
use crate::time::Deadline;

use super::app::App;
use super::status::{self, select};
use super::{Format, Outcome};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins; all, if none is named
    #[arg(value_name = "LOGIN")]
    logins: Vec<LoginId>,
    /// Give up after so long
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    timeout: HumanDuration,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> Outcome {
    until_fresh(app, &arguments.logins, arguments.timeout.get(), format)
}

/// Waits until `logins` are fresh, or one of them needs somebody to act, or `limit` has passed.
pub(super) fn until_fresh(app: &App, logins: &[LoginId], limit: Duration, format: Format) -> Outcome {
    let is_fresh = |login: &LoginStatus| login.phase == Phase::Fresh;
    let is_over = |status: &Status| {
        status.logins.iter().all(is_fresh) || status.logins.iter().any(|login| login.phase == Phase::Blocked)
    };
    let watch = connect(app)?.watch()?;
    until(app, watch, logins, limit, format, is_over)
}

/// Waits until what `watch` tells of `logins` `is_over`, and shows it.
pub(super) fn until(
    app: &App,
    mut watch: Watch,
    logins: &[LoginId],
    limit: Duration,
    format: Format,
    is_over: impl Fn(&Status) -> bool,
) -> Outcome {
    let deadline = Deadline::after(limit, app.clock.read());
    let mut last = None;
    loop {
        let left = deadline.remaining(app.clock.read());
        let Some(news) = watch.next(Some(left))? else { break };
        let status = select(news, logins)?;
        if is_over(&status) {
            return Ok(status::answer(None, &status, format));
        }
        last = Some(status);
    }
    if let Some(status) = last {
        status::answer(None, &status, format);
    }
    Ok(Exit::TimedOut)
}

/// The daemon, which must be there.
pub(super) fn connect(app: &App) -> Result<Client, Box<Report>> {
    Client::connect(&app.machine.paths.runtime_folder)?.ok_or_else(|| {
        let error = std::io::Error::other("no evercred runs here");
        let hint = "Start it with \"evercred up\".".to_owned();
        Report::new(&error, Some(hint), Exit::NotRunning).into()
    })
}
