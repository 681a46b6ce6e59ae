//! One attempt: renew what is held, or else mint → exchange → guard, or read a secret; then render → publish.
//!
//! The daemon, `once`, `credential-process` and `exec` all come through here; there is no second path. An attempt
//! takes the login's lock, looks again whether another process has been faster, and only then acts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_core::{Advice, Credential, Failure, WallClock};
use tracing::Instrument as _;

use crate::events::Observers;
use crate::files::{self, Lock, Publisher};
use crate::login::{Login, Policy};
use crate::sources::shared::SharedTokens;
use crate::time::Clock;

use super::attempt_error::{AttemptError, Stage};
use super::notes::notes;
use super::publish;
use super::record::Records;
use super::renewal::{Got, Kept};
use super::schedule;
use super::state::Held;

/// An attempt that has not ended by then is stuck: every request inside has a shorter limit of its own.
const LIMIT: Duration = Duration::from_mins(3);
/// How soon, and how often at least, a lock that somebody holds is tried again.
const LOCK_NAPS: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The outputs hold a good credential.
    Fresh {
        /// It.
        held: Held,
        /// What the user should know all the same.
        notes: Vec<String>,
    },
    /// Something failed.
    Failed {
        /// What the outputs hold now, if it is known; some of them, if publishing failed.
        held: Option<Held>,
        /// What failed.
        error: AttemptError,
    },
}

/// Makes attempts.
#[derive(Debug)]
pub struct Attempts {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tokens: SharedTokens,
    pub(super) publisher: Publisher,
    pub(super) records: Records,
    pub(super) kept: Kept,
    pub(super) observers: Observers,
    jitter: fn() -> f64,
}

/// The step that failed, and how.
pub(super) type Failed = (Stage, Failure);

impl Attempts {
    /// Attempts that keep records in `records` and publish through `publisher`. `jitter` draws from `0.0..1.0`.
    pub fn new(clock: Arc<dyn Clock>, publisher: Publisher, records: Records, jitter: fn() -> f64) -> Self {
        let tokens = SharedTokens::new(Arc::clone(&clock) as Arc<dyn WallClock>);
        let (kept, observers) = (Kept::new(|login| login.has_secrets), Observers::default());
        Self { clock, tokens, publisher, records, kept, observers, jitter }
    }

    /// Makes one. What another process has published is adopted if it was issued after `adopt_after` and is not
    /// due yet.
    pub async fn run(self: &Arc<Self>, login: &Arc<Login>, adopt_after: SystemTime) -> Outcome {
        let span = tracing::debug_span!("attempt", login = %login.id);
        self.run_in_span(login, adopt_after).instrument(span).await
    }

    async fn run_in_span(self: &Arc<Self>, login: &Arc<Login>, adopt_after: SystemTime) -> Outcome {
        let _lock = match self.lock(login).await {
            Ok(lock) => lock,
            Err(failure) => return self.has_failed(login, None, (Stage::Lock, failure)),
        };
        let outcome = self.run_under_lock(login, adopt_after).await;
        self.note_reason(login, &outcome).await;
        outcome
    }

    async fn run_under_lock(self: &Arc<Self>, login: &Arc<Login>, adopt_after: SystemTime) -> Outcome {
        let known = self.look(login).await;
        if let Some(held) = self.adoptable(&known, adopt_after) {
            return Outcome::Fresh { notes: notes(login, &held), held };
        }
        let got = match self.renew_or_obtain(login, known.held.as_ref(), adopt_after).await {
            Ok(got) => got,
            Err(failure) => return self.has_failed(login, known.held, failure),
        };
        if let Some(held) = self.still_better(got.in_use.as_ref(), &got.credential, login) {
            let note =
                "The provider's answer ends earlier than the credential in use, which was kept.".to_owned();
            return Outcome::Fresh { held, notes: vec![note] };
        }
        let held = self.held(&got, login);
        self.kept.keep(login, &held, &got.credential);
        let publish = self.publish(login, got.credential, &held);
        match publish.instrument(tracing::debug_span!("publish")).await {
            Ok(()) => {
                self.tell_end(login, None);
                Outcome::Fresh { notes: notes(login, &held), held }
            }
            Err(failure) => self.has_failed(login, Some(held), (Stage::Publish, failure)),
        }
    }

    fn has_failed(&self, login: &Login, held: Option<Held>, (stage, failure): Failed) -> Outcome {
        let error = AttemptError::new(stage, &failure);
        self.tell_end(login, Some(&error));
        Outcome::Failed { held, error }
    }

    async fn publish(
        self: &Arc<Self>,
        login: &Arc<Login>,
        credential: Credential,
        held: &Held,
    ) -> Result<(), Failure> {
        let held = held.clone();
        let work = move |this: Arc<Self>, login: Arc<Login>| {
            // One output that fails does not keep the others from being fresh; the first failure is reported.
            let results: Vec<_> = login
                .outputs
                .iter()
                .map(|output| {
                    let result = publish::publish(&this.publisher, output.as_ref(), &credential);
                    this.tell_publish(&login, output.as_ref(), &credential, &result);
                    result
                })
                .collect();
            let outputs = login.outputs.iter().zip(&results);
            let written = outputs.filter(|(_, result)| result.is_ok()).map(|(output, _)| output.as_ref());
            this.records.write(&login, &held, written)?;
            results.into_iter().collect::<Result<Vec<_>, _>>().map(drop)
        };
        self.in_background(login, work).await.unwrap_or_else(|| Err(panicked("write the outputs")))
    }

    /// What is in use, if it outlives the answer: a worse credential never replaces a good one.
    fn still_better(&self, known: Option<&Held>, answer: &Credential, login: &Login) -> Option<Held> {
        let now = self.clock.now();
        let known = known.filter(|held| !held.has_ended(now) && !held.is_from_the_future(now))?;
        let outlives = match (known.expires_at, answer.expires_at()) {
            (Some(old), Some(new)) => old > new,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let refresh_at = self.refresh_at(login, known.expires_at, &login.policy);
        outlives.then(|| Held { refresh_at, ..known.clone() })
    }

    fn held(&self, got: &Got, login: &Login) -> Held {
        let (now, credential) = (self.clock.now(), &got.credential);
        let refresh_every = login.policy.refresh_every.or(credential.changes_within());
        let policy = Policy { refresh_every, ..login.policy };
        Held {
            subject: credential.subject().to_owned(),
            issued_at: now,
            expires_at: credential.expires_at(),
            refresh_at: self.refresh_at(login, credential.expires_at(), &policy),
            request_id: credential.request_id().map(str::to_owned),
            renewable: credential.is_renewable(),
            obtained_at: got.before.as_ref().map_or(now, |before| before.obtained_at),
            predecessor_ends_at: got.predecessor_ends_at(),
            bound_to: got.lender_obtained_at.filter(|_| credential.is_bound()),
        }
    }

    /// When to replace what ends at `expires_at`.
    fn refresh_at(&self, login: &Login, expires_at: Option<SystemTime>, policy: &Policy) -> SystemTime {
        schedule::refresh_at(self.clock.now(), expires_at, (policy, &login.demand()), (self.jitter)())
    }

    /// Takes the login's lock. It is tried rather than waited for: a wait inside the kernel can be neither limited
    /// nor ended, and would outlast even the daemon.
    pub(super) async fn lock(self: &Arc<Self>, login: &Arc<Login>) -> Result<Lock, Failure> {
        self.lock_at(login, |this, login| this.records.lock_path(&login.id)).await
    }

    /// The same for a lock elsewhere.
    pub(super) async fn lock_at(
        self: &Arc<Self>,
        login: &Arc<Login>,
        path: fn(&Self, &Login) -> PathBuf,
    ) -> Result<Lock, Failure> {
        let try_lock = move |this: Arc<Self>, login: Arc<Login>| files::try_lock(&path(&this, &login));
        let (mut nap, longest) = LOCK_NAPS;
        let mut waited = Duration::ZERO;
        loop {
            let tried = self.in_background(login, try_lock).await;
            if let Some(lock) = tried.unwrap_or_else(|| Err(panicked("take the lock")))? {
                return Ok(lock);
            }
            if waited >= LIMIT {
                return Err(locked(&path(self, login)));
            }
            tokio::time::sleep(nap).await;
            waited += nap;
            nap = (nap * 2).min(longest);
        }
    }

    /// Runs `work`, which blocks, beside the event loop; `None` if it panicked.
    pub(super) async fn in_background<T: Send + 'static>(
        self: &Arc<Self>,
        login: &Arc<Login>,
        work: impl FnOnce(Arc<Self>, Arc<Login>) -> T + Send + 'static,
    ) -> Option<T> {
        let (this, login) = (Arc::clone(self), Arc::clone(login));
        let span = tracing::Span::current();
        tokio::task::spawn_blocking(move || span.in_scope(|| work(this, login))).await.ok()
    }
}

/// `work`, unless it takes so long that something must be stuck.
pub(super) async fn limited<T>(
    login: &Login,
    stage: Stage,
    work: impl Future<Output = Result<T, Failed>>,
) -> Result<T, Failed> {
    tokio::time::timeout(LIMIT, work).await.unwrap_or_else(|_| {
        let failure = Failure::new("complete the attempt", login.id.to_string(), Advice::RETRY)
            .message(format!("it was still under way after {} s", LIMIT.as_secs()))
            .hint(
                "Look at the token source's command and at the network; something neither answers nor fails.",
            );
        Err((stage, failure))
    })
}

fn locked(path: &Path) -> Failure {
    let place = path.display().to_string();
    Failure::new("take the login's lock", place, Advice::RETRY)
        .message(format!("another evercred has held it for {} s", LIMIT.as_secs()))
        .hint("Find that process (\"fuser -v\" and this path) and end it; it may be stopped or stuck.")
}

pub(crate) fn panicked(operation: &'static str) -> Failure {
    Failure::new(operation, "", Advice::RETRY)
        .message("the code for it panicked")
        .hint("Please report this as a bug.")
}
