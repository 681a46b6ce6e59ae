//! `evercred refresh`: an attempt now, by the daemon if one runs.

use std::collections::BTreeMap;

use evercred_core::HumanDuration;

use crate::control::{Answer, Client, Request};
use crate::engine::status::{LoginStatus, Status};
use crate::login::LoginId;

use super::app::App;
use super::{Format, Outcome, once, wait};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins; all, if none is named
    #[arg(value_name = "LOGIN")]
    logins: Vec<LoginId>,
    /// Give up waiting for the daemon after so long
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    timeout: HumanDuration,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> Outcome {
    let runtime_folder = &app.machine.paths.runtime_folder;
    let Some(client) = Client::connect(runtime_folder)? else {
        return once::refresh(app, &arguments.logins, true, format);
    };
    let mut watch = client.watch()?;
    let before = watch.next(None)?.map(|status| counts(&status)).unwrap_or_default();
    match wait::connect(app)?.ask(&Request::Refresh { logins: arguments.logins.clone() })? {
        Answer::Failed(report) => return Err(report.into()),
        Answer::Done | Answer::Status(_) => {}
    }
    let is_done = |status: &Status| status.logins.iter().all(|login| is_done(login, &before, status));
    wait::until(app, watch, &arguments.logins, arguments.timeout.get(), format, is_done)
}

fn counts(status: &Status) -> BTreeMap<String, u64> {
    status.logins.iter().map(|login| (login.login.clone(), login.attempts)).collect()
}

/// An attempt that was under way when the daemon was asked is followed by another, which is then due.
fn is_done(login: &LoginStatus, before: &BTreeMap<String, u64>, status: &Status) -> bool {
    let is_due = login.refreshing || login.next_attempt_at.is_some_and(|next| next <= status.at);
    !is_due && login.attempts > before.get(&login.login).copied().unwrap_or_default()
}
