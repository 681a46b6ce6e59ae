//! The middle of an attempt for a secret: borrow the credential of its login; keep the secret alive with it, or read it.
//!
//! The login's credential is the one in use: in the memory of this process, or in the login's outputs. Only if it is in
//! neither, or the other side does not know it any more, an attempt is made for the login, the same as any; so a hundred
//! secrets that find it dead make one login.

use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Advice, BoxFuture, Credential, Failure, SecretReader};

use crate::login::{Login, LoginId};

use super::attempt::{Attempts, Failed, Outcome, limited};
use super::attempt_error::{AttemptError, Stage};
use super::obtain::whole;
use super::renewal::Got;
use super::state::Held;

/// A login's credential, and what is known of it.
pub(super) type Borrowed = (Held, Credential);

impl Attempts {
    /// An attempt without the login's credential: nothing can be asked, but what was published may still be good.
    pub async fn adopt_only(
        self: &Arc<Self>,
        login: &Arc<Login>,
        adopt_after: SystemTime,
        error: AttemptError,
    ) -> Outcome {
        let _lock = match self.lock(login).await {
            Ok(lock) => lock,
            Err(failure) => {
                return Outcome::Failed { held: None, error: AttemptError::new(Stage::Lock, &failure) };
            }
        };
        let known = self.look(login).await;
        let outcome = match self.adoptable(&known, adopt_after) {
            Some(held) => Outcome::Fresh { held, notes: login.notes() },
            None => Outcome::Failed { held: known.held, error: without_login(login, error) },
        };
        self.note_reason(login, &outcome).await;
        outcome
    }

    /// Keeps the secret that is held alive, unless a new one was asked for after it, or reads it.
    pub(super) async fn keep_or_read(
        self: &Arc<Self>,
        login: &Arc<Login>,
        (lender, reader): (&Arc<Login>, &dyn SecretReader),
        known: Option<&Held>,
        adopt_after: SystemTime,
    ) -> Result<Got, Failed> {
        let borrowed = match self.found(lender).await {
            Some(borrowed) => borrowed,
            None => self.borrow_anew(login, lender, SystemTime::UNIX_EPOCH).await?,
        };
        match self.keep_or_read_with(&borrowed, login, reader, known, adopt_after).await {
            Err((_, failure)) if failure.advice() == Advice::NewToken => {
                tracing::info!(login = %login.id, %failure, "The credential of its login was refused; getting another.");
                let other = self.borrow_anew(login, lender, borrowed.0.issued_at).await?;
                self.keep_or_read_with(&other, login, reader, known, adopt_after).await
            }
            answer => answer,
        }
    }

    /// Reads the secret and publishes nothing, not even a login that has to be made for it.
    pub(super) async fn read_unpublished(
        self: &Arc<Self>,
        lender: &Arc<Login>,
        login: &Login,
        reader: &dyn SecretReader,
    ) -> Result<Credential, Failed> {
        let credential = match self.found(lender).await {
            Some((_, credential)) => credential,
            None => self.obtain_boxed(lender).await?,
        };
        match self.read(login, reader, &credential).await {
            Err((_, failure)) if failure.advice() == Advice::NewToken => {
                let other = self.obtain_boxed(lender).await?;
                self.read(login, reader, &other).await
            }
            answer => answer,
        }
    }

    async fn keep_or_read_with(
        &self,
        (held, credential): &Borrowed,
        login: &Login,
        reader: &dyn SecretReader,
        known: Option<&Held>,
        adopt_after: SystemTime,
    ) -> Result<Got, Failed> {
        let now = self.clock.now();
        let kept = self.kept.remembered(login, known, now);
        let kept = kept.filter(|(kept, _)| !kept.is_orphan_of(held) && adopt_after <= kept.issued_at);
        if let Some((before, secret)) = kept {
            let work =
                async { reader.renew(credential, &secret).await.map_err(|failure| (Stage::Renew, failure)) };
            let work = self.tell_renewal(login, limited(login, Stage::Renew, work));
            if let Some(renewed) = work.await? {
                whole(&renewed, login.provides(), now).map_err(|failure| (Stage::Renew, failure))?;
                return Ok(Got { before: Some(before), ..Got::new(renewed) }.with(held));
            }
        }
        Ok(Got::new(self.read(login, reader, credential).await?).with(held))
    }

    async fn read(
        &self,
        login: &Login,
        reader: &dyn SecretReader,
        credential: &Credential,
    ) -> Result<Credential, Failed> {
        let work = async {
            let secret = reader.read(credential).await?;
            whole(&secret, login.provides(), self.clock.now())?;
            Ok(secret)
        };
        let work = async { work.await.map_err(|failure| (Stage::Exchange, failure)) };
        self.tell_exchange(login, None, limited(login, Stage::Exchange, work)).await
    }

    /// The login's credential after an attempt for it, which takes over what others published after `adopt_after`.
    async fn borrow_anew(
        self: &Arc<Self>,
        login: &Login,
        lender: &Arc<Login>,
        adopt_after: SystemTime,
    ) -> Result<Borrowed, Failed> {
        let borrowed = self.after_attempt(lender, adopt_after).await;
        borrowed.map_err(|error| (Stage::Login, refusal(login, &lender.id, &error)))
    }

    /// This calls what called it, so its type has to be named.
    fn obtain_boxed<'a>(
        self: &'a Arc<Self>,
        login: &'a Arc<Login>,
    ) -> BoxFuture<'a, Result<Credential, Failed>> {
        Box::pin(self.obtain(login))
    }
}

/// Why a secret cannot be had: its login has failed with `error`.
pub(super) fn without_login(login: &Login, error: AttemptError) -> AttemptError {
    match login.lender() {
        Some(lender) => {
            let own = AttemptError::new(Stage::Login, &refusal(login, &lender.id, &error));
            AttemptError { more: error.more, ..own }
        }
        None => error,
    }
}

fn refusal(login: &Login, lender: &LoginId, error: &AttemptError) -> Failure {
    let failure = Failure::new("read the secret", login.id.to_string(), error.advice)
        .message(format!("the login {lender} has no credential: {}", error.message));
    let failure = match &error.hint {
        Some(hint) => failure.hint(hint.as_ref()),
        None => failure,
    };
    if error.causes.is_empty() { failure } else { failure.caused_by(error.causes.join(": ")) }
}
