//! The HTTP server of everything that answers over HTTP: on the loopback interface, or on a socket for this user alone.
//!
//! A web page can make a browser ask a server on the loopback interface, under a name of its own that resolves there
//! (DNS rebinding), so a request must name the loopback interface as its host. Connections are few, short and carry one
//! request each; what is asked and what is answered are bounded. Nothing ticks while nobody asks.
//!
//! Who answers what is the business of a [`Handler`].

mod connection;
mod host;
mod listen;
mod listener;
mod peer;

use std::sync::Arc;
use std::time::Duration;

use evercred_core::BoxFuture;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response, StatusCode, header};
use tokio::task::JoinSet;

pub use listen::Listen;
use listener::Listener;
pub use peer::Peer;

/// A whole answer.
pub type Answer = Response<Full<Bytes>>;

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// The answer to `request`, which has its whole body.
    fn answer<'a>(&'a self, request: &'a Request<Bytes>) -> BoxFuture<'a, Answer>;
}

/// So many talk to it at the same time; others wait their turn.
const CONNECTIONS: usize = 32;
/// How long to wait before the next try when there is no listening, or no more descriptors.
const PAUSE: Duration = Duration::from_secs(5);

/// Serves `handler` at `listen` until dropped. That somebody else has the port is said, and no reason to give up.
pub async fn serve(listen: &Listen, handler: Arc<dyn Handler>) {
    let listener = bound(listen).await;
    let checks_host = matches!(listen, Listen::Loopback(_));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok(stream) => {
                    connections.spawn(connection::attend(stream, Arc::clone(&handler), checks_host));
                }
                Err(error) => {
                    tracing::warn!(%listen, %error, "No connection can be taken now.");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// An answer of text.
pub fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    answer
}

/// A refusal, with its reason as a sentence.
pub fn refusal(status: StatusCode, reason: &'static str) -> Answer {
    text(status, "text/plain; charset=utf-8", format!("{reason}\n"))
}

async fn bound(listen: &Listen) -> Listener {
    let mut said = false;
    loop {
        match Listener::bind(listen).await {
            Ok(listener) => {
                tracing::info!(listen = listener.place(listen), "Listening.");
                return listener;
            }
            Err(failure) if !said => {
                tracing::error!(%failure, hint = failure.remedy(), "It will be tried again; logins stay fresh.");
                said = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}
