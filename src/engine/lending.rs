//! A login's whole credential for a command that hands it on: to a user, to kubectl, docker or git.
//!
//! It is the one at hand: in memory, or what the outputs hold as the record says they were left. If that is missing or
//! near its end, an attempt is made, the same as the daemon's and under the same lock, so that of a hundred who find it
//! stale one exchanges; what comes of it is published as always. Outputs that hold only a part of it (Google's and
//! Azure's clients exchange the ID token themselves) are left alone: nobody who reads them asked for other ones, so what
//! is lent was obtained beside them and published nowhere. Attempts that lend hold what they get in memory
//! ([`Attempts::holding`]).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_core::{Credential, Secret};

use crate::login::Login;

use super::attempt::{Attempts, Outcome};
use super::attempt_error::AttemptError;
use super::secret::Borrowed;
use super::state::Held;

impl Attempts {
    /// The login's credential with every field that its provider gives, good for a while yet if that can be had at all.
    pub async fn lend(self: &Arc<Self>, login: &Arc<Login>) -> Result<Credential, AttemptError> {
        let known = self.in_background(login, |this, login| this.records.read(&login)).await.flatten();
        let now = self.clock.now();
        let is_fresh =
            known.as_ref().is_some_and(|held| held.refresh_at > now && held.is_good_for_a_while(now));
        match self.in_use(login, known.as_ref()).await {
            Some((_, part)) if !is_whole(login, &part) => self.obtain_beside(login).await,
            Some((held, credential)) if held.is_good_for_a_while(now) => Ok(credential),
            Some((_, old)) => Ok(self.refreshed(login).await.unwrap_or(old)),
            None if is_fresh => self.obtain_beside(login).await,
            None => self.refreshed(login).await,
        }
    }

    async fn refreshed(self: &Arc<Self>, login: &Arc<Login>) -> Result<Credential, AttemptError> {
        let outcome = self.run(login, SystemTime::UNIX_EPOCH).await;
        let now = self.clock.now();
        let fits =
            |(held, credential): &Borrowed| is_whole(login, credential) && held.is_good_for_a_while(now);
        match (self.found(login).await.filter(fits), outcome) {
            (Some((_, good)), _) => Ok(good),
            (None, Outcome::Failed { error, .. }) => Err(error),
            (None, Outcome::Fresh { .. }) => self.obtain_beside(login).await,
        }
    }

    async fn obtain_beside(self: &Arc<Self>, login: &Arc<Login>) -> Result<Credential, AttemptError> {
        let obtained = self.obtain(login).await;
        obtained.map_err(|(stage, failure)| AttemptError::new(stage, &failure))
    }
}

/// An output may give back a part; an answer of the provider has every field.
fn is_whole(login: &Login, credential: &Credential) -> bool {
    login
        .provides()
        .iter()
        .all(|field| credential.field(*field).is_some_and(|secret: &Secret| !secret.is_empty()))
}

impl Held {
    /// Whether it can be handed to somebody who goes on using it for some minutes.
    pub fn is_good_for_a_while(&self, now: SystemTime) -> bool {
        let lasts = |end| now + margin(self.issued_at, end) < end;
        !self.is_from_the_future(now) && self.expires_at.is_none_or(lasts)
    }
}

/// How long before its `end` something that was issued at `start` is not handed out any more. Requests take their time,
/// and clocks are off; a short life is cut by a twelfth at most.
pub(super) fn margin(start: SystemTime, end: SystemTime) -> Duration {
    MARGIN.min(end.duration_since(start).unwrap_or_default() / 12)
}

const MARGIN: Duration = Duration::from_mins(5);
