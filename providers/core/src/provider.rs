//! The trait that every provider implements, and what it may use.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::{
    Advice, Audience, Contact, Credential, Environment, Failure, Field, Gateway, IdToken, Passes, Secret,
    SecretStore,
};

/// A future in a box: the trait is used through `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The wall clock, for reading. Expiry is the issuer's, so it is always wall time.
pub trait WallClock: Debug + Send + Sync {
    /// The present instant.
    fn now(&self) -> SystemTime;
}

/// What a provider may know of the machine it runs on, besides its own config.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The environment variables.
    pub environment: Environment,
    /// The wall clock.
    pub clock: Arc<dyn WallClock>,
}

/// Exchanges an ID token for a credential: one attempt, no retry, no cache, no sleep.
///
/// Retrying, caching and waiting are the engine's, which does them alike for all. A provider classifies what went
/// wrong by [`crate::Advice`] and explains it.
pub trait Provider: Debug + Send + Sync {
    /// The audience the ID token must be minted for.
    fn audience(&self) -> &Audience;

    /// The fields that every credential of this provider has.
    fn provides(&self) -> &[Field];

    /// Those of these fields whose values follow from the config, so that no output needs to hold them for a credential
    /// to be put together again from its outputs.
    fn fixed(&self) -> Vec<(Field, Secret)> {
        Vec::new()
    }

    /// The environment variables that programs read these fields from, for outputs that write such variables.
    fn variables(&self) -> &[(&'static str, Field)] {
        &[]
    }

    /// Whether a credential dies with the ID token it came from; the engine then asks for a token that is new
    /// enough to be worth it, rather than sharing one near its end.
    fn expires_with_token(&self) -> bool {
        false
    }

    /// Whom it asks, if that may come from elsewhere than its config, such as from the environment. What was
    /// published by asking one peer is never kept alive at another.
    fn peer(&self) -> Option<&str> {
        None
    }

    /// What the user should know although nothing failed: full sentences, such as that a role allows shorter
    /// sessions than asked for. The list may grow with each exchange; the engine logs each sentence when it first
    /// appears, and `status` shows them all.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// How long its credentials will live, if the config alone says so; what the other side grants may be less.
    fn lifetime(&self) -> Option<Lifetime> {
        None
    }

    /// Greets each server that an exchange needs, with neither a token nor a credential: for a check that is to tell
    /// the way there from what is said at its end.
    fn greet(&self) -> BoxFuture<'_, Vec<Contact>> {
        Box::pin(async { Vec::new() })
    }

    /// Exchanges `token`.
    fn exchange<'a>(&'a self, token: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>>;

    /// Fields that a credential has only if an output asks for them, because each costs a request of its own.
    fn on_request(&self) -> &[Field] {
        &[]
    }

    /// Adds those fields of [`Self::on_request`] that are `wanted` to a credential that has passed the guard, and has the
    /// ID token if an output needs that. After a failure the engine goes on without them: outputs that cannot do so
    /// fail, and the others are fresh.
    fn complete<'a>(
        &'a self,
        credential: &'a Credential,
        wanted: &'a [Field],
    ) -> BoxFuture<'a, Result<Credential, Failure>> {
        let _ = wanted;
        Box::pin(async { Ok(credential.clone()) })
    }

    /// The field that a credential [for a recipient](Self::exchange_for) has, if this can be had besides the login's own
    /// credential.
    fn gives_on_demand(&self) -> Option<Field> {
        None
    }

    /// Exchanges `token` for a credential that is for `recipient` alone: an audience, or a resource, which a program has
    /// asked for and the config does not know. It is never written to a file.
    fn exchange_for<'a>(
        &'a self,
        token: &'a IdToken,
        recipient: &'a str,
    ) -> BoxFuture<'a, Result<Credential, Failure>> {
        let _ = token;
        Box::pin(async move {
            Err(Failure::new("get a token for", recipient, Advice::NeedsAttention)
                .message("this login gives none but its own"))
        })
    }

    /// Keeps `held` alive, which is [renewable](Credential::renewable): the same credential with a later end, for
    /// programs that read a credential once and hold it for as long as they run.
    ///
    /// `None` means that it is dead, or that only a new one can follow it; the engine then exchanges. A failure
    /// means that nobody could say. After a restart `held` has those fields only that the outputs gave back.
    fn renew<'a>(&'a self, held: &'a Credential) -> BoxFuture<'a, Result<Option<Credential>, Failure>> {
        let _ = held;
        Box::pin(async { Ok(None) })
    }

    /// Ends `held` on the provider's side; `None`: nobody can. One that is dead already is a success. `held` has those
    /// fields only that the outputs gave back.
    fn revoke<'a>(&'a self, held: &'a Credential) -> Option<BoxFuture<'a, Result<(), Failure>>> {
        let _ = held;
        None
    }

    /// Where secrets are read with its credentials, if it keeps any.
    fn secret_store(&self) -> Option<&dyn SecretStore> {
        None
    }

    /// What makes passes from its credentials, if there is something to show them at.
    fn passes(&self) -> Option<&dyn Passes> {
        None
    }

    /// The server that programs may ask through evercred with its credentials, if there is one.
    fn gateway(&self) -> Option<&dyn Gateway> {
        None
    }

    /// Whether its credentials are to end, and leave their outputs, when evercred is stopped.
    fn ends_on_exit(&self) -> bool {
        false
    }

    /// Compares what came back with what the config expects (account, project, tenant, entity), before anything
    /// is published.
    fn guard<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<(), Failure>> {
        let _ = credential;
        Box::pin(async { Ok(()) })
    }
}

/// A life that a config asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// How long.
    pub time: Duration,
    /// The key that says so, or may.
    pub key: &'static str,
}

/// A provider, token source or output that cannot be built from its config: which key is wrong, why, and the
/// remedy.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct BuildError {
    /// The key at fault, if it is one key's fault.
    pub key: Option<&'static str>,
    /// What is wrong with it: a fragment without a period.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl BuildError {
    /// An error about one key.
    pub fn at(key: &'static str, message: impl Into<String>) -> Self {
        Self { key: Some(key), message: message.into(), hint: None }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
