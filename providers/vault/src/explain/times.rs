//! When a token may be used: its own times, and what the role forgives.
//!
//! Times that a token lacks are made up from those that it has. A leeway of 0 means the server's own: 150 s for a time that
//! is made up, 60 s for the difference of the clocks; a negative one means none.

use std::time::{Duration, SystemTime};

use evercred_core::explain::{Finding, Node, Place, Question};
use serde_json::Value;

const MADE_UP: Duration = Duration::from_secs(150);
const CLOCKS: Duration = Duration::from_mins(1);

pub(super) fn check(role: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let claims = question.claims;
    let instant = |name: &str| claims.instant(name).filter(|instant| *instant > SystemTime::UNIX_EPOCH);
    let (issued, start, end) = (instant("iat"), instant("nbf"), instant("exp"));
    if issued.is_none() && start.is_none() && end.is_none() {
        let problem = "the token has no `iat`, no `nbf` and no `exp`, so nobody can tell when it counts";
        return Some(Finding::new(Place::default(), problem).claim("exp"));
    }
    let end = end.or_else(|| issued.max(start)?.checked_add(leeway(role, "expiration_leeway", MADE_UP)));
    let start = start.or(issued).or_else(|| end?.checked_sub(leeway(role, "not_before_leeway", MADE_UP)));
    let forgiven = leeway(role, "clock_skew_leeway", CLOCKS);
    let at = role.key("clock_skew_leeway").map(|node| node.place()).unwrap_or_default();
    let (now, clocks) = (question.now, "compare this machine's clock and the server's with the true time");
    let is_ahead = |time: Option<SystemTime>| time.filter(|time| *time > now + forgiven);
    if let Some(ago) =
        end.and_then(|end| now.duration_since(end + forgiven).ok()).filter(|ago| !ago.is_zero())
    {
        let ago = (ago + forgiven).as_secs();
        let finding = Finding::new(at, format!("the token ended {ago} s ago")).claim("exp");
        return Some(finding.here(format!("mint a new token; if that one has ended, too, {clocks}")));
    }
    let (claim, time) = match (is_ahead(start), is_ahead(issued)) {
        (Some(start), _) if question.claims.instant("nbf").is_some() => ("nbf", start),
        (Some(time), _) | (None, Some(time)) => ("iat", time),
        (None, None) => return None,
    };
    let ahead = time.duration_since(now).unwrap_or_default().as_secs();
    let problem = format!("the token does not count before {ahead} s from now");
    Some(Finding::new(at, problem).claim(claim).here(clocks))
}

/// What the role says, in seconds.
fn leeway(role: &Node<'_>, key: &str, otherwise: Duration) -> Duration {
    let seconds = role.key(key).and_then(|node| node.value().as_f64().or_else(|| text(node.value())));
    match seconds {
        Some(seconds) if seconds < 0.0 => Duration::ZERO,
        Some(seconds) if seconds > 0.0 => Duration::try_from_secs_f64(seconds).unwrap_or(otherwise),
        _ => otherwise,
    }
}

fn text(value: &Value) -> Option<f64> {
    value.as_str()?.trim_end_matches('s').parse().ok()
}
