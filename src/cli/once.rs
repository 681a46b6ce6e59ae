//! `evercred once`: refresh what is due, once, and end.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::engine::attempt::Outcome;
use crate::engine::record::Records;
use crate::engine::state::{LoginState, after_attempt};
use crate::engine::status::{LoginStatus, Status};
use crate::login::{Login, LoginId};
use crate::time::Clock;

use super::app::{App, runtime};
use super::{Format, status};

/// So many attempts run side by side; the others wait their turn.
const AT_ONCE: usize = 10;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins; all, if none is named
    #[arg(value_name = "LOGIN")]
    logins: Vec<LoginId>,
    /// Refresh even what is still fresh
    #[arg(long)]
    force: bool,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> super::Outcome {
    refresh(app, &arguments.logins, arguments.force, format)
}

/// Refreshes what is due of `names` (of all, if it is empty), or everything if `force`d.
pub(super) fn refresh(app: &App, names: &[LoginId], force: bool, format: Format) -> super::Outcome {
    let logins = app.logins(names)?;
    let adopt_after = if force { app.clock.now() } else { SystemTime::UNIX_EPOCH };
    let mut list = runtime()?.block_on(all(app, logins, adopt_after));
    list.sort_by(|a, b| a.login.cmp(&b.login));
    let status = Status { version: Status::VERSION, at: app.clock.now(), daemon: None, logins: list };
    Ok(status::answer(None, &status, format))
}

async fn all(app: &App, logins: Vec<Arc<Login>>, adopt_after: SystemTime) -> Vec<LoginStatus> {
    let attempts = app.attempts();
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for login in logins {
        let (attempts, turns) = (Arc::clone(&attempts), Arc::clone(&turns));
        let (clock, records) = (Arc::clone(&app.clock), app.records());
        running.spawn(async move {
            let _turn = turns.acquire_owned().await;
            let outcome = attempts.run(&login, adopt_after).await;
            describe(&login, outcome, clock.as_ref(), &records)
        });
    }
    running.join_all().await
}

/// The login's status after its one attempt; no other is planned. What was published before stays if that failed.
fn describe(login: &Login, outcome: Outcome, clock: &dyn Clock, records: &Records) -> LoginStatus {
    let now = clock.read();
    let notes = match &outcome {
        Outcome::Fresh { notes, .. } => notes.clone(),
        Outcome::Failed { .. } => Vec::new(),
    };
    let before = LoginState { held: records.read(login), ..LoginState::new(now) };
    let state = after_attempt(before, outcome, now, 0.0);
    LoginStatus { next_attempt_at: None, ..LoginStatus::new(login, &state, false, &notes, now.wall) }
}
