//! Whether every login is fresh, and why not.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;

use crate::engine::state::Phase;
use crate::engine::status::{LoginStatus, Status};

/// The answer to `/readyz`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Readiness<'s> {
    /// Whether every login is fresh.
    pub(super) ready: bool,
    /// The logins, by name.
    logins: BTreeMap<&'s str, Login<'s>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Login<'s> {
    phase: Phase,
    /// Why it is not fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'s str>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'s str>,
}

impl<'s> Readiness<'s> {
    pub(super) fn of(status: &'s Status, now: SystemTime) -> Self {
        let logins: BTreeMap<_, _> =
            status.logins.iter().map(|login| (login.login.as_str(), Login::of(login, now))).collect();
        Self { ready: logins.values().all(|login| login.phase == Phase::Fresh), logins }
    }
}

impl<'s> Login<'s> {
    fn of(login: &'s LoginStatus, now: SystemTime) -> Self {
        let (phase, error) = (phase(login, now), login.error.as_ref());
        let reason = match phase {
            Phase::Fresh => None,
            Phase::Pending => Some("no attempt has ended yet"),
            Phase::Expired => Some("the credential has ended, and there is no newer one yet"),
            Phase::Failing | Phase::Blocked => Some("the last attempt failed"),
        };
        let why = error.map(|error| error.message.as_str()).filter(|_| phase != Phase::Fresh);
        let hint = error.and_then(|error| error.hint.as_deref()).filter(|_| phase != Phase::Fresh);
        Self { phase, reason: why.or(reason), hint }
    }
}

/// The phase of a login now: its credential may have ended since the engine spoke of it last.
pub(super) fn phase(login: &LoginStatus, now: SystemTime) -> Phase {
    if login.expires_at.is_some_and(|end| end <= now) { Phase::Expired } else { login.phase }
}
