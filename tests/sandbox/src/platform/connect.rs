//! Unary Connect in JSON, as the identity APIs speak it (<https://connectrpc.com/docs/protocol>).

use axum::Extension;
use axum::extract::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{hand_out, has_bearer};
use crate::log::Facts;
use crate::state::State;
use crate::tokens::Shape;

/// Why a call is refused.
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message }
    }

    pub(super) fn invalid(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_argument", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let facts = Facts { error: Some(self.code.to_owned()), ..Facts::default() };
        let body = json!({"code": self.code, "message": self.message});
        (self.status, Extension(facts), Json(body)).into_response()
    }
}

/// Reads a call by whoever holds `bearer`.
pub(super) fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: &[u8],
    bearer: &str,
) -> Result<T, Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::new(status, "unknown", "only JSON is spoken here"));
    }
    if !has_bearer(headers, bearer) {
        let status = StatusCode::UNAUTHORIZED;
        return Err(Refusal::new(status, "unauthenticated", "No access token provided."));
    }
    serde_json::from_slice(body).map_err(|_| Refusal::invalid("the body is not the JSON of this call"))
}

/// Answers with a token.
pub(super) fn token(state: &State, shape: Shape, audience: Vec<String>) -> Result<Response, Refusal> {
    let (token, facts) = hand_out(state, shape, audience).map_err(|_| {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Failed to issue the token.")
    })?;
    Ok((Extension(facts), Json(json!({"token": token}))).into_response())
}
