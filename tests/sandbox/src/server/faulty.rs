//! Faulty answers: each fault, in the words of the group it hits.

use std::io;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::LONGEST_BODY;
use super::line::Line;
use crate::clouds::{aws, gcp};
use crate::fault::{Fault, FaultKind, Group};

/// Answers with the fault; `quoted` is the request as text, and `proceed` the right answer, for faults that spoil it.
pub(super) async fn answer(
    group: Group,
    fault: &Fault,
    line: &Line,
    quoted: &str,
    proceed: impl Future<Output = Response>,
) -> Response {
    let mut response = match &fault.kind {
        FaultKind::Status { status, body } => (code(*status), body.clone()).into_response(),
        FaultKind::Refuse { status, code: name, message } => refuse(group, code(*status), name, message),
        FaultKind::Echo { status, code: name } => refuse(group, code(*status), name, quoted),
        FaultKind::Throttling => throttle(group),
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

fn refuse(group: Group, status: StatusCode, code: &str, message: &str) -> Response {
    match group {
        Group::Sts => aws::Refusal::new(status.as_u16(), code, message).into_response(),
        Group::GoogleSts => gcp::Refusal::oauth(status.as_u16(), code, message).into_response(),
        Group::GoogleIam | Group::GoogleApi => {
            gcp::Refusal::api(status.as_u16(), code, message).into_response()
        }
        Group::Idp | Group::Supervisor | Group::Api | Group::Github | Group::Http => {
            (status, Json(json!({"code": code, "message": message}))).into_response()
        }
    }
}

fn throttle(group: Group) -> Response {
    match group {
        Group::Sts => refuse(group, StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded"),
        Group::GoogleSts | Group::GoogleIam | Group::GoogleApi => refuse(
            group,
            StatusCode::TOO_MANY_REQUESTS,
            "RESOURCE_EXHAUSTED",
            "Resource has been exhausted (e.g. check quota).",
        ),
        _ => refuse(group, StatusCode::TOO_MANY_REQUESTS, "resource_exhausted", "too many requests"),
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
