//! The state of a login, and what an attempt does to it: plain data and pure functions.

use std::time::SystemTime;

use evercred_core::{Advice, IdToken};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::{Deadline, Now, rfc3339};

use super::attempt::Outcome;
use super::attempt_error::AttemptError;
use super::backoff::backoff;

/// What was published last: everything about a credential but its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Whom it speaks for.
    pub subject: String,
    /// When it was received.
    #[serde(with = "rfc3339")]
    pub issued_at: SystemTime,
    /// When it ends; `None`: never.
    #[serde(with = "rfc3339::option")]
    pub expires_at: Option<SystemTime>,
    /// When it is to be replaced.
    #[serde(with = "rfc3339")]
    pub refresh_at: SystemTime,
    /// The provider's identifier of the exchange.
    pub request_id: Option<String>,
    /// Whether the provider may be able to keep it alive, rather than replace it.
    #[serde(default)]
    pub renewable: bool,
    /// When it was first received; renewals leave this as it is, so it tells one credential from the next.
    #[serde(default = "long_ago", with = "rfc3339")]
    pub obtained_at: SystemTime,
    /// Until when the credential before it is good, for whatever hangs on that one; `None`: no longer.
    #[serde(default, with = "rfc3339::option")]
    pub predecessor_ends_at: Option<SystemTime>,
    /// Of a secret that dies with the credential it was read with: when that one was first received.
    #[serde(default, with = "rfc3339::option")]
    pub bound_to: Option<SystemTime>,
}

fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH
}

impl Held {
    /// Whether it is of no more use.
    pub fn has_ended(&self, wall: SystemTime) -> bool {
        self.expires_at.is_some_and(|end| end <= wall)
    }

    /// Whether it was received before the clock was set right, so that neither its plan nor its end can be believed:
    /// many providers say how long a credential lives, not when it ends.
    pub fn is_from_the_future(&self, wall: SystemTime) -> bool {
        self.issued_at > wall + IdToken::LEEWAY
    }

    /// Whether it hangs on a credential that `lender` is not.
    pub fn is_orphan_of(&self, lender: &Self) -> bool {
        self.bound_to.is_some_and(|bound_to| bound_to != lender.obtained_at)
    }
}

/// What the engine knows of one login.
#[derive(Debug, Clone)]
pub struct LoginState {
    /// What its outputs hold, if anything.
    pub held: Option<Held>,
    /// When the next attempt is due.
    pub next: Deadline,
    /// Attempts that have ended.
    pub attempts: u64,
    /// Attempts that failed one after another with the same class of advice.
    pub failures: u32,
    /// Since when there has been no success; `None` after one.
    pub failing_since: Option<Now>,
    /// What went wrong last; `None` after a success.
    pub error: Option<AttemptError>,
    /// Whether the outputs were removed after their end.
    pub retired: bool,
    /// Whether the file of an output has changed since the outputs were last written or looked at.
    pub touched: bool,
}

/// The state of a login in one word. None is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The credential is valid and the last attempt succeeded.
    Fresh,
    /// No attempt has ended yet.
    Pending,
    /// The last attempt failed; the old credential, if there is one, is still valid; trying again soon.
    Failing,
    /// Somebody has to change something; trying again every few minutes.
    Blocked,
    /// The credential has ended and no newer one could be had yet.
    Expired,
}

impl LoginState {
    /// A login that nothing is known of: due at once.
    pub fn new(now: Now) -> Self {
        let next = Deadline { wall: now.wall, boot: now.boot };
        Self {
            held: None,
            next,
            attempts: 0,
            failures: 0,
            failing_since: None,
            error: None,
            retired: false,
            touched: false,
        }
    }

    /// The phase at `wall`.
    pub fn phase(&self, wall: SystemTime) -> Phase {
        let ended = self.held.as_ref().is_some_and(|held| held.has_ended(wall));
        match &self.error {
            _ if ended => Phase::Expired,
            Some(error) if error.advice == Advice::NeedsAttention => Phase::Blocked,
            Some(_) => Phase::Failing,
            None if self.held.is_some() => Phase::Fresh,
            None => Phase::Pending,
        }
    }

    /// Makes the login due at once: something has changed that may change the outcome.
    pub fn wake(&mut self, now: Now) {
        self.next = Deadline { wall: now.wall, boot: now.boot };
    }
}

/// The state after an attempt that ended in `outcome`. `jitter` is drawn from `0.0..1.0`.
pub fn after_attempt(mut state: LoginState, outcome: Outcome, now: Now, jitter: f64) -> LoginState {
    state.attempts += 1;
    match outcome {
        Outcome::Fresh { held, .. } => {
            let next = Deadline::at(held.refresh_at, now);
            let LoginState { attempts, touched, .. } = state;
            LoginState { next, held: Some(held), attempts, touched, ..LoginState::new(now) }
        }
        Outcome::Failed { held, error } => {
            if let Some(held) = held {
                state.held = Some(held);
                state.retired = false;
            }
            let same = state.error.as_ref().is_some_and(|last| last.advice.class() == error.advice.class());
            state.failures = if same { state.failures.saturating_add(1) } else { 1 };
            let since = *state.failing_since.get_or_insert(now);
            let failing_for = now.boot.saturating_sub(since.boot);
            state.next = Deadline::after(backoff(error.advice, state.failures, failing_for, jitter), now);
            state.error = Some(error);
            state
        }
    }
}
