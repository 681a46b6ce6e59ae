//! One login in the engine's table: its state, and whether an attempt is under way.

use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::Advice;

use crate::login::Login;
use crate::time::Now;

use super::attempt::Outcome;
use super::attempt_error::AttemptError;
use super::schedule::{self, Step};
use super::state::{LoginState, after_attempt};
use super::status::LoginStatus;

/// Equal failures are logged this often; then it is quiet until something changes.
const LOUD: u32 = 3;

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) login: Arc<Login>,
    pub(super) state: LoginState,
    notes: Vec<String>,
    attempt: Attempt,
    /// What the source is called in the budget; reading something local costs nobody anything.
    source: Option<String>,
    /// Nothing that was published up to then is good enough: somebody asked for a refresh.
    asked_at: SystemTime,
}

/// Whether an attempt is under way, and whether another one must follow because something changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    None,
    Running,
    RunningAndStale,
}

impl Entry {
    pub(super) fn new(login: Login, now: Now) -> Self {
        Self {
            source: (!login.source.is_local()).then(|| login.source.describe()),
            login: Arc::new(login),
            state: LoginState::new(now),
            notes: Vec::new(),
            attempt: Attempt::None,
            asked_at: SystemTime::UNIX_EPOCH,
        }
    }

    /// What to do now; nothing while an attempt is under way.
    pub(super) fn next_step(&self, now: Now) -> Option<Step> {
        match self.attempt {
            Attempt::None => Some(schedule::next_step(&self.state, &self.login.policy, now)),
            Attempt::Running | Attempt::RunningAndStale => None,
        }
    }

    /// The budgets that an attempt is taken from.
    pub(super) fn budget_keys(&self) -> Vec<&str> {
        std::iter::once(self.login.id.kind()).chain(self.source.as_deref()).collect()
    }

    /// What another process published after this may be adopted.
    pub(super) fn adopt_after(&self) -> SystemTime {
        let known = self.state.held.as_ref().map_or(SystemTime::UNIX_EPOCH, |held| held.issued_at);
        known.max(self.asked_at)
    }

    pub(super) fn start(&mut self) {
        self.attempt = Attempt::Running;
    }

    pub(super) fn end(&mut self, outcome: Outcome, now: Now, jitter: f64) {
        let before = std::mem::replace(&mut self.state, LoginState::new(now));
        if let Outcome::Fresh { notes, .. } = &outcome {
            self.take_notes(notes);
        }
        let failures_before = before.failures;
        self.state = after_attempt(before, outcome, now, jitter);
        self.log(failures_before);
        if self.attempt == Attempt::RunningAndStale {
            self.state.wake(now);
        }
        self.attempt = Attempt::None;
    }

    /// Makes an attempt due now, and takes nothing that exists already for an answer.
    pub(super) fn refresh(&mut self, now: Now) {
        self.asked_at = now.wall;
        self.wake(now, "A refresh was asked for.");
    }

    /// Makes an attempt due now.
    pub(super) fn wake(&mut self, now: Now, why: &'static str) {
        tracing::info!(login = %self.login.id, "{why}");
        self.state.wake(now);
        if self.attempt == Attempt::Running {
            self.attempt = Attempt::RunningAndStale;
        }
    }

    pub(super) fn status(&self, at: SystemTime) -> LoginStatus {
        LoginStatus::new(&self.login, &self.state, self.attempt != Attempt::None, &self.notes, at)
    }

    /// Each note is said once.
    fn take_notes(&mut self, notes: &[String]) {
        for note in notes.iter().filter(|note| !self.notes.contains(note)) {
            tracing::warn!(login = %self.login.id, "{note}");
        }
        self.notes = notes.to_vec();
    }

    fn log(&self, failures_before: u32) {
        let (login, state) = (&self.login.id, &self.state);
        match (&state.error, &state.held) {
            (Some(error), _) if state.failures <= LOUD => log_failure(login, error),
            (Some(error), _) => {
                tracing::debug!(%login, failures = state.failures, error = error.message, "Still failing.");
            }
            (None, Some(held)) => {
                let expires_at = held.expires_at.map(crate::time::rfc3339::seconds).unwrap_or_default();
                if failures_before > 0 {
                    tracing::info!(%login, failures = failures_before, expires_at, "Fresh again.");
                } else {
                    tracing::info!(%login, subject = held.subject, expires_at, "Fresh.");
                }
            }
            (None, None) => {}
        }
    }
}

fn log_failure(login: &crate::login::LoginId, error: &AttemptError) {
    let (class, causes, hint) = (error.advice.class(), error.causes.join(": "), error.hint.as_deref());
    let causes = Some(causes.as_str()).filter(|causes| !causes.is_empty());
    let text = sentence(&error.message);
    if error.advice == Advice::NeedsAttention {
        tracing::error!(%login, class, causes, hint, "{text}");
    } else {
        tracing::warn!(%login, class, causes, hint, "{text}");
    }
}

/// An error's fragment as a sentence of the log.
fn sentence(fragment: &str) -> String {
    let mut characters = fragment.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}
