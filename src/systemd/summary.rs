//! How the logins are, in one line: what `systemctl status` shows beside the service.

use std::cmp::Reverse;

use crate::engine::state::Phase;
use crate::engine::status::{LoginStatus, Status};
use crate::time::rfc3339;

/// The line. The login that needs help most is named, with its error; so is a config that does not count.
pub(super) fn of(status: &Status) -> String {
    let problem = status.daemon.as_ref().and_then(|daemon| daemon.config.problems.first());
    let problem = problem.map(|problem| format!(" The config does not count: {problem}")).unwrap_or_default();
    one_line(&(logins(status) + &problem))
}

fn logins(status: &Status) -> String {
    let all = status.logins.len();
    let fresh = status.logins.iter().filter(|login| login.phase == Phase::Fresh).count();
    let logins = if all == 1 { "login is" } else { "logins are" };
    let worst = status.logins.iter().min_by_key(|login| Reverse(login.phase));
    if let Some(worst) = worst.filter(|login| login.phase != Phase::Fresh) {
        return format!("{fresh} of {all} {logins} fresh; {}.", describe(worst));
    }
    let next = status.logins.iter().filter_map(|login| login.next_attempt_at).min();
    let next = next.map(|at| format!("; the next refresh is due at {}", rfc3339::seconds(at)));
    format!("{all} {logins} fresh{}.", next.unwrap_or_default())
}

fn describe(login: &LoginStatus) -> String {
    let error = login.error.as_ref().map(|error| format!(": {}", error.message));
    format!("{} is {}{}", login.login, login.phase.name(), error.unwrap_or_default())
}

/// A line feed would begin another message to the manager.
fn one_line(text: &str) -> String {
    text.chars().take(LONGEST).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

const LONGEST: usize = 400;
