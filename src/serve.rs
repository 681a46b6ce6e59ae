//! The HTTP server of everything that answers over HTTP: on the loopback interface, or on a socket for this user alone.
//!
//! A web page can make a browser ask a server on the loopback interface, under a name of its own that resolves there
//! (DNS rebinding), so a request must name the loopback interface as its host. How many may be connected, how much they
//! may send, and how long they may take are [bounds](Bounds) that each kind of server chooses. Nothing ticks while nobody
//! asks.
//!
//! Who answers what is the business of a [`Handler`].

mod bounds;
mod connection;
mod crowd;
mod forwarded;
mod host;
mod listen;
mod listener;
mod peer;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use evercred_core::{BoxFuture, Failure};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response, StatusCode, header};
use tokio::task::JoinSet;

pub use bounds::Bounds;
use connection::Rules;
pub use crowd::Crowd;
pub use listen::Listen;
use listener::Listener;
pub use peer::Peer;

/// A whole answer.
pub type Answer = Response<Full<Bytes>>;

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// The answer to `request`, which has its whole body, and among its extensions an `Arc` of its [`Peer`].
    fn answer<'a>(&'a self, request: &'a Request<Bytes>) -> BoxFuture<'a, Answer>;
}

/// How long to wait before the next try when there is no listening.
const PAUSE: Duration = Duration::from_secs(5);
/// How long to wait before the next try when there are no more descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// Serves `handler` at `listen` until dropped. That somebody else has the port is said, and no reason to give up;
/// `standing` is told of it, and that there is listening.
pub async fn serve(
    listen: &Listen,
    handler: Arc<dyn Handler>,
    bounds: Bounds,
    standing: impl Fn(Result<(), &Failure>) + Send,
) {
    let listener = bound(listen, &standing).await;
    standing(Ok(()));
    let crowd = Arc::clone(&bounds.crowd);
    let checks_host = matches!(listen, Listen::Loopback(_));
    let rules = Arc::new(Rules { handler, bounds, checks_host, refused: AtomicBool::new(false) });
    let mut connections = JoinSet::new();
    let mut breathless = false;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(caller) => {
                    breathless = false;
                    let seat = crowd.enter().await;
                    connections.spawn(connection::attend(caller, Arc::clone(&rules), seat));
                }
                Err(error) => {
                    if !std::mem::replace(&mut breathless, true) {
                        tracing::warn!(%listen, %error, "No connection can be taken now.");
                    }
                    crowd.make_room();
                    tokio::time::sleep(BREATH).await;
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

async fn bound(listen: &Listen, standing: &impl Fn(Result<(), &Failure>)) -> Listener {
    let mut said = false;
    loop {
        match Listener::bind(listen).await {
            Ok(listener) => {
                tracing::info!(listen = listener.place(listen), "Listening.");
                return listener;
            }
            Err(failure) if !said => {
                tracing::error!(%failure, hint = failure.remedy(), "It will be tried again; logins stay fresh.");
                standing(Err(&failure));
                said = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}
