//! What happens to logins, told to those who count it or write it down.
//!
//! Observers are told from inside an attempt, so they are quick and cannot fail. They see credentials and tokens, and
//! keep nothing of them that is secret.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use evercred_core::{Credential, Failure, IdToken};

use crate::engine::attempt_error::{AttemptError, Stage};
use crate::login::Login;
use crate::sources::TokenSource;

/// Something that happened to a login.
#[derive(Debug)]
pub enum Event<'e> {
    /// An ID token was exchanged for a credential, which has passed the guard; or a secret was read.
    Exchanged {
        /// The token, unless it is a secret that was read with another login's credential.
        token: Option<&'e IdToken>,
        /// The credential.
        credential: &'e Credential,
        /// How long it took.
        took: Duration,
    },
    /// A credential was kept alive.
    Renewed {
        /// As it is now.
        credential: &'e Credential,
        /// How long it took.
        took: Duration,
    },
    /// There was no token, no exchange, or no renewal.
    Refused {
        /// The step.
        stage: Stage,
        /// Why.
        failure: &'e Failure,
        /// The token, if there was one.
        token: Option<&'e IdToken>,
        /// How long it took.
        took: Duration,
    },
    /// A file was written.
    Published {
        /// The file.
        path: &'e Path,
        /// What is in it.
        credential: &'e Credential,
    },
    /// A file could not be written.
    Unpublished {
        /// The file.
        path: &'e Path,
        /// Why.
        failure: &'e Failure,
    },
    /// The provider was asked to end a credential.
    Revoked {
        /// The credential.
        credential: &'e Credential,
        /// Why it was not ended.
        failure: Option<&'e Failure>,
    },
    /// Everything of the login was taken out of its files.
    LoggedOut,
    /// An attempt that had something to do has ended.
    Attempted {
        /// Why it failed.
        error: Option<&'e AttemptError>,
    },
}

/// Somebody who is told.
pub trait Observer: Debug + Send + Sync {
    /// `event` has happened to `login`.
    fn noted(&self, login: &Login, event: &Event<'_>);

    /// A token source was asked for a token, and gave one or not.
    fn minted(&self, source: &dyn TokenSource, failure: Option<&Failure>) {
        let _ = (source, failure);
    }
}

/// All who are told.
#[derive(Debug, Clone, Default)]
pub struct Observers(Arc<[Arc<dyn Observer>]>);

impl Observers {
    /// Tells each of them.
    pub fn note(&self, login: &Login, event: &Event<'_>) {
        self.0.iter().for_each(|observer| observer.noted(login, event));
    }

    /// Tells each of them.
    pub fn minted(&self, source: &dyn TokenSource, failure: Option<&Failure>) {
        self.0.iter().for_each(|observer| observer.minted(source, failure));
    }
}

impl FromIterator<Arc<dyn Observer>> for Observers {
    fn from_iter<I: IntoIterator<Item = Arc<dyn Observer>>>(observers: I) -> Self {
        Self(observers.into_iter().collect())
    }
}
