//! `evercred once`: refresh what is due, once, and end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::engine::attempt::{Attempts, Outcome};
use crate::engine::attempt_error::AttemptError;
use crate::engine::record::Records;
use crate::engine::state::{LoginState, Phase, after_attempt};
use crate::engine::status::{LoginStatus, Status};
use crate::login::{Login, LoginId};
use crate::report::Report;
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
    if let Some(file) = app.resolved()?.variables_file {
        file.publish(&app.publisher()).map_err(|failure| Report::from(&failure))?;
    }
    refresh(app, &arguments.logins, arguments.force, format)
}

/// Refreshes what is due of `names` (of all, if it is empty), or everything if `force`d.
pub(super) fn refresh(app: &App, names: &[LoginId], force: bool, format: Format) -> super::Outcome {
    let (logins, attempts) = app.logins(names)?;
    let adopt_after = if force { app.clock.now() } else { SystemTime::UNIX_EPOCH };
    let mut list = runtime()?.block_on(all(app, logins, attempts, adopt_after));
    list.sort_by(|a, b| a.login.cmp(&b.login));
    let status = Status { version: Status::VERSION, at: app.clock.now(), daemon: None, logins: list };
    Ok(status::answer(None, &status, format))
}

/// Secrets come after their logins; those of a login that failed are not tried, for each would try it once more.
async fn all(
    app: &App,
    logins: Vec<Arc<Login>>,
    attempts: Arc<Attempts>,
    adopt_after: SystemTime,
) -> Vec<LoginStatus> {
    let (secrets, logins): (Vec<_>, Vec<_>) = logins.into_iter().partition(|login| login.lender().is_some());
    let first = side_by_side(app, &attempts, with_no_error(logins), adopt_after).await;
    let errors: HashMap<LoginId, AttemptError> = first.iter().filter_map(failed_login).collect();
    let error = |secret: &Login| errors.get(&secret.lender()?.id).cloned();
    let secrets = secrets.into_iter().map(|secret| (error(&secret), secret)).collect();
    let second = side_by_side(app, &attempts, secrets, adopt_after).await;
    first.into_iter().chain(second).map(|(_, _, status)| status).collect()
}

async fn side_by_side(
    app: &App,
    attempts: &Arc<Attempts>,
    logins: Vec<(Option<AttemptError>, Arc<Login>)>,
    adopt_after: SystemTime,
) -> Vec<Attempted> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (obstacle, login) in logins {
        let (attempts, turns) = (Arc::clone(attempts), Arc::clone(&turns));
        let (clock, records) = (Arc::clone(&app.clock), app.records());
        running.spawn(async move {
            let turn = turns.acquire_owned().await;
            let outcome = match obstacle {
                Some(error) => attempts.adopt_only(&login, adopt_after, error).await,
                None => attempts.run(&login, adopt_after).await,
            };
            drop(turn);
            let error = match &outcome {
                Outcome::Failed { error, .. } => Some(error.clone()),
                Outcome::Fresh { .. } => None,
            };
            let hooks = attempts.announce(&login, error.is_some()).await.unwrap_or_default();
            let mut status = describe(&login, outcome, clock.as_ref(), &records);
            status.notes.extend(hooks);
            (login.id.clone(), error, status)
        });
    }
    running.join_all().await
}

/// A login, what went wrong, and its status.
type Attempted = (LoginId, Option<AttemptError>, LoginStatus);

fn with_no_error(logins: Vec<Arc<Login>>) -> Vec<(Option<AttemptError>, Arc<Login>)> {
    logins.into_iter().map(|login| (None, login)).collect()
}

/// A login without a credential, and why.
fn failed_login((id, error, status): &Attempted) -> Option<(LoginId, AttemptError)> {
    let has_none = status.subject.is_none() || status.phase == Phase::Expired;
    error.clone().filter(|_| has_none).map(|error| (id.clone(), error))
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
    LoginStatus::new(login, &state, false, &notes, now.wall).unattended()
}
