//! Endpoints: where programs ask this machine for a credential, in the way their SDK asks a cloud's own machine.
//!
//! An endpoint is an [output](crate::outputs) whose files are what programs need to find it and to be let in. The daemon
//! listens for every endpoint of the config that counts; after a reload, those that did not change keep their connections.
//! `once` keeps the files, but nobody listens.
//!
//! What is answered comes from the memory of the daemon. Only if there is nothing, as before the first attempt has ended, a
//! request waits for an attempt, one for all who ask, and not longer than its client would.
//!
//! Whoever can reach the address can ask, so each endpoint has a [key](Key) that it wants to see, and only the loopback
//! interface or a socket is listened at ([`crate::serve`]).

mod at_hand;
mod container;
mod gce_metadata;
mod key;
mod made;
mod managed_identity;
mod on_demand;
mod served;
mod vault_api;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_core::{BoxFuture, Credential};
use hyper::body::Bytes;
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::{Request, StatusCode};
use tokio::sync::{mpsc, watch};

use crate::engine::Command;
use crate::engine::attempt::Attempts;
use crate::engine::attempt_error::AttemptError;
use crate::login::Login;
use crate::serve::{Answer, Crowd, Listen, Peer, refusal, text};

pub use container::Container;
pub(crate) use gce_metadata::{GceMetadata, INSTANCE};
pub use key::Key;
pub use made::Made;
pub(crate) use managed_identity::{APP_SERVICE, MACHINE, ManagedIdentity, Rules as IdentityRules, Users};
pub use vault_api::VaultApi;

/// A place where programs ask for the credential of one login.
pub trait Endpoint: Debug + Send + Sync {
    /// Where it is. Programs hold the address in their environment, so it is fixed.
    fn listen(&self) -> &Listen;

    /// How large a request may be that is asked here.
    fn largest_body(&self) -> usize {
        64 * 1024
    }

    /// The answer to `request`, for which `login` has a credential.
    fn answer<'a>(&'a self, request: &'a Request<Bytes>, login: &'a dyn AtHand) -> BoxFuture<'a, Answer>;
}

/// A login whose credential is at hand.
pub trait AtHand: Send + Sync {
    /// The login.
    fn login(&self) -> &Login;

    /// Its credential: from memory, or else from an attempt that may take so long as `patience`. The same credential is
    /// the same pointer for as long as there is no other.
    fn credential(&self, patience: Duration) -> BoxFuture<'_, Result<Arc<Credential>, AttemptError>>;

    /// A credential for `recipient` alone, an audience or a resource, which is kept for as long as it is asked for: see
    /// [`Provider::exchange_for`](evercred_core::Provider::exchange_for).
    fn for_recipient<'a>(
        &'a self,
        recipient: &'a str,
        patience: Duration,
    ) -> BoxFuture<'a, Result<Arc<Credential>, AttemptError>>;

    /// The instant by which a credential has ended or not.
    fn now(&self) -> SystemTime;

    /// The one after `refused`, which the other side does not know any more.
    fn successor<'a>(
        &'a self,
        refused: &'a Arc<Credential>,
        patience: Duration,
    ) -> BoxFuture<'a, Result<Arc<Credential>, AttemptError>>;
}

/// Listens for the endpoints of `logins`, which may become others, until dropped. The engine is told how they stand.
pub async fn serve(
    attempts: &Arc<Attempts>,
    mut logins: watch::Receiver<Vec<Arc<Login>>>,
    commands: mpsc::Sender<Command>,
) {
    let crowd = Arc::new(Crowd::shedding(most_connections()));
    let mut running: Vec<served::Running> = Vec::new();
    loop {
        let wanted = logins.borrow_and_update().clone();
        let is_wanted = |one: &served::Running| wanted.iter().any(|login| one.login.is_same_as(login));
        let (kept, gone) = running.into_iter().partition(is_wanted);
        running = kept;
        // An address must be free before another takes it.
        for one in gone {
            one.stop().await;
        }
        for login in wanted.iter().filter(|login| login.endpoints().next().is_some()) {
            if !running.iter().any(|one| one.login.is_same_as(login)) {
                running.push(served::Running::start(login, attempts, &commands, &crowd));
            }
        }
        if logins.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Whether `request` comes from a process of one of `users`; for protocols without a key.
async fn admit_users(request: &Request<Bytes>, users: &[u32]) -> Result<(), Answer> {
    let peer = request.extensions().get::<Arc<Peer>>();
    if let Some(peer) = peer
        && peer.is_of(users).await
    {
        return Ok(());
    }
    Err(refusal(
        StatusCode::FORBIDDEN,
        "Only programs of the user that evercred works for are answered; `allow_other_users` in its config changes that.",
    ))
}

/// Why there is no credential, for a program that asked for one.
pub fn unavailable(error: &AttemptError) -> Answer {
    let mut answer =
        text(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", format!("{}\n", excuse(error)));
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    answer
}

/// The same in a sentence.
pub fn excuse(error: &AttemptError) -> String {
    let what = std::iter::once(&error.message).chain(&error.causes).map(String::as_str).collect::<Vec<_>>();
    let hint = error.hint.as_deref().map(|hint| format!(" {hint}")).unwrap_or_default();
    format!("evercred {}.{hint}", what.join(": "))
}

/// The connections of all endpoints together. What else has files open, such as attempts, needs its share.
fn most_connections() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    limit
        .map_or(LARGEST_CROWD, |limit| usize::try_from(limit / 2).unwrap_or(LARGEST_CROWD).min(LARGEST_CROWD))
}

/// More than programs on one machine that ask in the same instant, and few enough to cost no memory.
const LARGEST_CROWD: usize = 512;
