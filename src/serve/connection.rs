//! One connection: one request, within bounds of time and size.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::listener::Stream;
use super::{Answer, Handler, host, refusal};

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(5);
/// How long everything may take.
const ALL: Duration = Duration::from_secs(15);
/// How large the head of a request may be.
const LARGEST_HEAD: usize = 16 * 1024;
/// How large its body may be.
const LARGEST_BODY: usize = 64 * 1024;

/// Answers the one request of `stream`.
pub(super) async fn attend(stream: Box<dyn Stream>, handler: Arc<dyn Handler>, checks_host: bool) {
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, Infallible>(answer(request, handler.as_ref(), checks_host).await) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(ALL, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "A connection ended before it had its answer."),
        Err(_) => tracing::debug!("A connection took too long, and was ended."),
    }
}

async fn answer(request: Request<Incoming>, handler: &dyn Handler, checks_host: bool) -> Answer {
    if checks_host && !host::is_loopback(&request) {
        tracing::warn!("A request that names another host was refused.");
        return refusal(StatusCode::FORBIDDEN, "This server answers to the names of its own machine only.");
    }
    let (head, body) = request.into_parts();
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => handler.answer(&Request::from_parts(head, body.to_bytes())).await,
        Err(_) => refusal(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large, or did not come whole."),
    }
}
