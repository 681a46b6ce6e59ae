//! When a command can begin: its logins are fresh, or good at least.

use std::time::Duration;

use crate::control::Watch;
use crate::engine::state::Phase;
use crate::engine::status::{ErrorStatus, LoginStatus, Status};
use crate::exit::Exit;
use crate::login::LoginId;
use crate::report::Report;
use crate::time::Deadline;

use super::super::status::select;
use super::App;

/// Whoever keeps logins says how they are at once.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until all of `logins` can be used; gives what is to be said about those that could not be refreshed.
pub(super) fn until(
    app: &App,
    watch: &mut Watch,
    logins: &[LoginId],
    limit: Duration,
) -> Result<Vec<String>, Box<Report>> {
    let deadline = Deadline::after(limit, app.clock.read());
    let mut last = None;
    loop {
        let left = deadline.remaining(app.clock.read());
        let Some(news) = watch.next(Some(left))? else { break };
        let status = select(news, logins)?;
        if let Some(login) = status.logins.iter().find(|login| is_lost(login)) {
            return Err(lacking(login).into());
        }
        if status.logins.iter().all(is_usable) {
            return Ok(status.logins.iter().filter_map(complaint).collect());
        }
        last = Some(status);
    }
    let failing = |status: &Status| status.logins.iter().find(|login| !is_usable(login)).map(lacking);
    Err(last.as_ref().and_then(failing).unwrap_or_else(too_late).into())
}

/// A keeper that ends has said why in its log.
pub(super) fn of_keeper(report: Box<Report>) -> Box<Report> {
    if report.exit_code != Exit::Failed.code() || !report.error.starts_with("the daemon did not answer") {
        return report;
    }
    let error =
        std::io::Error::other("what keeps the logins fresh beside the command ended before they were");
    let hint = "See evercred.log in the state folder (~/.local/state/evercred).".to_owned();
    Report::new(&error, Some(hint), Exit::Failed).into()
}

/// Somebody has to act before it can be used.
fn is_lost(login: &LoginStatus) -> bool {
    login.phase == Phase::Blocked && login.subject.is_none()
}

/// Fresh, or good although it could not be refreshed when that was due.
fn is_usable(login: &LoginStatus) -> bool {
    let is_good = login.subject.is_some() && login.phase != Phase::Expired;
    login.phase == Phase::Fresh || (is_good && login.error.is_some())
}

fn complaint(login: &LoginStatus) -> Option<String> {
    let error = login.error.as_ref()?;
    Some(format!("{} is good, but could not be refreshed: {}", login.login, error.message))
}

/// Why it cannot be used.
fn lacking(login: &LoginStatus) -> Report {
    let Some(error) = &login.error else { return too_late() };
    let ErrorStatus { message, causes, hint, .. } = error;
    let exit = match error.class.as_str() {
        "needs_attention" | "new_token" => Exit::Refused,
        _ => Exit::Unavailable,
    };
    let sentence = std::io::Error::other(format!("{} has no credential: {message}", login.login));
    Report { causes: causes.clone(), ..Report::new(&sentence, hint.clone(), exit) }
}

fn too_late() -> Report {
    let error = std::io::Error::other("the logins did not get fresh in time");
    Report::new(&error, Some("See \"evercred status\"; --timeout waits longer.".to_owned()), Exit::TimedOut)
}
