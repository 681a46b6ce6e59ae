//! Telling observers what comes of the steps of an attempt.

use std::time::Duration;

use evercred_core::{Credential, Failure, IdToken};

use crate::events::{Event, Observers};
use crate::files::Published;
use crate::login::Login;
use crate::outputs::Output;

use super::attempt::{Attempts, Failed};
use super::attempt_error::{AttemptError, Stage};

impl Attempts {
    /// The same, observed.
    #[must_use]
    pub fn observed_by(mut self, observers: Observers) -> Self {
        self.tokens = self.tokens.observed_by(observers.clone());
        self.observers = observers;
        self
    }

    /// Does `work`, an exchange of `token`, or the reading of a secret without one, and tells how it went.
    pub(super) async fn tell_exchange(
        &self,
        login: &Login,
        token: Option<&IdToken>,
        work: impl Future<Output = Result<Credential, Failed>>,
    ) -> Result<Credential, Failed> {
        let start = self.clock.read().boot;
        let answer = work.await;
        let took = self.took(start);
        match &answer {
            Ok(credential) => self.observers.note(login, &Event::Exchanged { token, credential, took }),
            Err((stage, failure)) => {
                let event = Event::Refused { stage: *stage, failure, token, took };
                self.observers.note(login, &event);
            }
        }
        answer
    }

    /// Does `work`, a renewal, and tells how it went. One that only a new credential can follow is no event.
    pub(super) async fn tell_renewal(
        &self,
        login: &Login,
        work: impl Future<Output = Result<Option<Credential>, Failed>>,
    ) -> Result<Option<Credential>, Failed> {
        let start = self.clock.read().boot;
        let answer = work.await;
        let took = self.took(start);
        match &answer {
            Ok(Some(credential)) => self.observers.note(login, &Event::Renewed { credential, took }),
            Ok(None) => {}
            Err((stage, failure)) => {
                let event = Event::Refused { stage: *stage, failure, token: None, took };
                self.observers.note(login, &event);
            }
        }
        answer
    }

    /// Tells that there was no token.
    pub(super) fn tell_mint(&self, login: &Login, failure: Failure) -> Failed {
        let stage = Stage::Mint;
        let event = Event::Refused { stage, failure: &failure, token: None, took: Duration::ZERO };
        self.observers.note(login, &event);
        (stage, failure)
    }

    /// Tells what became of an output.
    pub(super) fn tell_publish(
        &self,
        login: &Login,
        output: &dyn Output,
        credential: &Credential,
        result: &Result<Published, Failure>,
    ) {
        let path = output.target().path.as_path();
        match result {
            Ok(Published::Unchanged) => {}
            Ok(_) => self.observers.note(login, &Event::Published { path, credential }),
            Err(failure) => self.observers.note(login, &Event::Unpublished { path, failure }),
        }
    }

    /// Tells how an attempt ended that had something to do.
    pub(super) fn tell_end(&self, login: &Login, error: Option<&AttemptError>) {
        self.observers.note(login, &Event::Attempted { error });
    }

    fn took(&self, start: Duration) -> Duration {
        self.clock.read().boot.saturating_sub(start)
    }
}
