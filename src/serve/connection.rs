//! One connection: its requests, within bounds of time and size.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::crowd::Seat;
use super::forwarded::is_forwarded;
use super::listener::Stream;
use super::{Answer, Bounds, Handler, Peer, host, refusal};

/// What holds for each connection of a server.
pub(super) struct Rules {
    pub(super) handler: Arc<dyn Handler>,
    pub(super) bounds: Bounds,
    pub(super) checks_host: bool,
    /// Whether the log has been told of a refusal. Who is refused again and again is not to fill it.
    pub(super) refused: AtomicBool,
}

/// How long the last request of a connection may take beyond the connection's own time.
const GRACE: Duration = Duration::from_secs(30);

/// Answers the requests of a connection.
pub(super) async fn attend((stream, peer): (Box<dyn Stream>, Peer), rules: Arc<Rules>, seat: Seat) {
    let Bounds { keep_alive, quiet, life, largest_head, .. } = rules.bounds;
    let (seat, peer) = (Arc::new(seat), Arc::new(peer));
    let service = service_fn(|mut request: Request<Incoming>| {
        let (rules, seat) = (Arc::clone(&rules), Arc::clone(&seat));
        request.extensions_mut().insert(Arc::clone(&peer));
        async move { Ok::<_, Infallible>(rules.answer(request, &seat).await) }
    });
    let connection = http1::Builder::new()
        .keep_alive(keep_alive)
        .timer(TokioTimer::new())
        .header_read_timeout(quiet)
        .max_buf_size(largest_head)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        () = seat.given_up() => None,
        () = tokio::time::sleep(life) => {
            connection.as_mut().graceful_shutdown();
            let grace = if keep_alive { GRACE } else { Duration::ZERO };
            tokio::time::timeout(grace, connection).await.ok()
        }
    };
    match ended {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "A connection ended before it had its answer."),
        None => tracing::debug!("A connection took too long, or had to make room, and was ended."),
    }
}

impl Rules {
    async fn answer(&self, request: Request<Incoming>, seat: &Seat) -> Answer {
        if self.checks_host && !host::is_loopback(&request) {
            self.note("A request that names another host was refused.");
            return refusal(
                StatusCode::FORBIDDEN,
                "This server answers to the names of its own machine only.",
            );
        }
        if !self.bounds.forwarded && is_forwarded(&request) {
            self.note("A request that somebody passed on was refused.");
            return refusal(
                StatusCode::FORBIDDEN,
                "This server does not answer requests that were passed on.",
            );
        }
        match self.whole(request).await {
            Ok(request) => {
                let _work = seat.work();
                self.handler.answer(&request).await
            }
            Err(refused) => refused,
        }
    }

    fn note(&self, refusal: &str) {
        if self.refused.swap(true, Ordering::Relaxed) {
            tracing::debug!("{refusal}");
        } else {
            tracing::warn!("{refusal} Further ones are not logged.");
        }
    }

    async fn whole(&self, request: Request<Incoming>) -> Result<Request<Bytes>, Answer> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, self.bounds.largest_body).collect();
        match tokio::time::timeout(self.bounds.body, body).await {
            Ok(Ok(body)) => Ok(Request::from_parts(head, body.to_bytes())),
            Ok(Err(_)) => {
                Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large, or did not come whole."))
            }
            Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "The body took too long.")),
        }
    }
}
