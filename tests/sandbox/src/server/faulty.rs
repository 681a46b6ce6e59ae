//! Faulty answers: each fault, in the words of the group it hits.

use std::io;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::LONGEST_BODY;
use super::line::Line;
use crate::clouds::{aws, azure, gcp};
use crate::fault::{Fault, FaultKind, Group};
use crate::state::State;

/// The request that a fault hits.
pub(super) struct Hit<'a> {
    pub(super) state: &'a State,
    pub(super) group: Group,
    pub(super) headers: &'a HeaderMap,
    /// The request as text.
    pub(super) quoted: &'a str,
}

/// Answers with the fault; `proceed` is the right answer, for faults that spoil it.
pub(super) async fn answer(
    hit: &Hit<'_>,
    fault: &Fault,
    line: &Line,
    proceed: impl Future<Output = Response>,
) -> Response {
    let mut response = match &fault.kind {
        FaultKind::Status { status, body } => (code(*status), body.clone()).into_response(),
        FaultKind::Refuse { status, code: name, message } => refuse(hit, *status, name, message),
        FaultKind::Echo { status, code: name } => refuse(hit, *status, name, hit.quoted),
        FaultKind::Throttling => throttle(hit),
        FaultKind::Delay { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
            proceed.await
        }
        FaultKind::Reset => {
            line.cut();
            StatusCode::OK.into_response()
        }
        FaultKind::Garbage => (StatusCode::OK, "\u{1}%%% not what you asked for <{[").into_response(),
        FaultKind::HalfBody => half(proceed.await).await,
    };
    if let Some(value) = fault.retry_after.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn refuse(hit: &Hit<'_>, status: u16, name: &str, message: &str) -> Response {
    match hit.group {
        Group::Sts | Group::S3 => aws::Refusal::new(status, name, message).into_response(),
        Group::Entra => azure::Refusal::with_status(status, name, message).respond(hit.state, hit.headers),
        Group::Arm => azure::refuse_by_manager(status, name, message),
        Group::Blobs => azure::refuse_by_storage(status, name, message),
        Group::GoogleSts => gcp::Refusal::oauth(status, name, message).into_response(),
        Group::GoogleIam | Group::GoogleApi => gcp::Refusal::api(status, name, message).into_response(),
        Group::Idp
        | Group::Supervisor
        | Group::Api
        | Group::Github
        | Group::Http
        | Group::Cluster
        | Group::Registry
        | Group::Git => (code(status), Json(json!({"code": name, "message": message}))).into_response(),
    }
}

fn throttle(hit: &Hit<'_>) -> Response {
    match hit.group {
        Group::Sts => refuse(hit, 400, "Throttling", "Rate exceeded"),
        Group::S3 => refuse(hit, 503, "SlowDown", "Please reduce your request rate."),
        Group::Entra => azure::Refusal::throttled().respond(hit.state, hit.headers),
        Group::Arm => refuse(hit, 429, "TooManyRequests", "The request was throttled."),
        Group::Blobs => refuse(hit, 503, "ServerBusy", "The server is currently unable to receive requests."),
        Group::GoogleSts | Group::GoogleIam | Group::GoogleApi => {
            refuse(hit, 429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).")
        }
        _ => refuse(hit, 429, "resource_exhausted", "too many requests"),
    }
}

/// Promises the whole body, sends half of it, and breaks the connection.
async fn half(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let whole = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let first = whole.slice(..whole.len() / 2);
    let pieces = stream::unfold(Some(first), |piece| async move {
        if let Some(piece) = piece {
            return Some((Ok(piece), None));
        }
        // Giving way once lets the first half leave before the break.
        tokio::task::yield_now().await;
        Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
    });
    Response::from_parts(head, Body::from_stream(pieces))
}
