//! A login's credential at hand, for whoever is asked for it now: from memory, or as the outputs give it back, or by an
//! attempt.

use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Advice, BoxFuture, Credential, Failure};

use crate::login::Login;

use super::attempt::{Attempts, Outcome};
use super::attempt_error::{AttemptError, Stage};
use super::renewal::Kept;
use super::state::Held;

impl Attempts {
    /// These attempts, which hold the credentials of `wanted` logins in memory, and adopt only what they can hold.
    #[must_use]
    pub fn holding(mut self, wanted: fn(&Login) -> bool) -> Self {
        self.kept = Kept::new(wanted);
        self
    }

    /// The instant by which credentials have ended or not.
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The credential of `login` that this process holds, if it has not ended. Costs no look at a file.
    pub fn in_memory(&self, login: &Login) -> Option<Arc<Credential>> {
        self.kept.present(login, self.clock.now())
    }

    /// When this process received `credential`, if that is the one of `login` that it holds.
    pub fn received_at(&self, login: &Login, credential: &Arc<Credential>) -> Option<SystemTime> {
        self.kept.received_at(login, credential)
    }

    /// The credential of `login`: the one in use, or else the one that an attempt for it gets.
    pub async fn at_hand(self: &Arc<Self>, login: &Arc<Login>) -> Result<(Held, Credential), AttemptError> {
        self.at_hand_after(login, SystemTime::UNIX_EPOCH).await
    }

    /// The same, if it was received after `after`; or else what an attempt gets.
    pub async fn at_hand_after(
        self: &Arc<Self>,
        login: &Arc<Login>,
        after: SystemTime,
    ) -> Result<(Held, Credential), AttemptError> {
        match self.found(login).await.filter(|(held, _)| held.issued_at > after) {
            Some(found) => Ok(found),
            None => self.after_attempt(login, after).await,
        }
    }

    /// The credential in use, if this process has it or the login's outputs give it back.
    pub(super) async fn found(self: &Arc<Self>, login: &Arc<Login>) -> Option<(Held, Credential)> {
        let known = self.in_background(login, |this, login| this.records.read(&login)).await.flatten();
        self.in_use(login, known.as_ref()).await
    }

    /// The credential after an attempt, which takes over what others published after `adopt_after`.
    pub(super) async fn after_attempt(
        self: &Arc<Self>,
        login: &Arc<Login>,
        adopt_after: SystemTime,
    ) -> Result<(Held, Credential), AttemptError> {
        match self.run_boxed(login, adopt_after).await {
            Outcome::Failed { error, .. } if error.stage != Stage::Publish => Err(error),
            Outcome::Fresh { .. } | Outcome::Failed { .. } => {
                let found = self.found(login).await;
                found.ok_or_else(|| AttemptError::new(Stage::Login, &lost(login)))
            }
        }
    }

    /// An attempt may come to call what called it, so its type has to be named.
    fn run_boxed<'a>(
        self: &'a Arc<Self>,
        login: &'a Arc<Login>,
        adopt_after: SystemTime,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(self.run(login, adopt_after))
    }
}

/// Its outputs do not give it back, and it was published by another process, or somebody changed them at this instant.
fn lost(login: &Login) -> Failure {
    Failure::new("find its credential", login.id.to_string(), Advice::RETRY)
        .message("none of its outputs holds it as it was published")
        .hint("It is tried again. If this repeats, find the program that changes the outputs of this login.")
}
