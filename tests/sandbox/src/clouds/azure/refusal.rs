//! What Entra says when it says no: the error JSON of its token endpoint.
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use super::host;
use crate::random;
use crate::state::State;

/// A refusal by its `AADSTS` number.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(super) code: String,
    message: String,
    status: u16,
}

impl Refusal {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        let status = if error(code) == "invalid_client" { 401 } else { 400 };
        Self::with_status(status, code, message)
    }

    pub(crate) fn with_status(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), status }
    }

    /// What a tenant with too much traffic says.
    pub(crate) fn throttled() -> Self {
        Self::with_status(429, "90055", "The tenant is throttled due to too many requests.")
    }

    /// The answer to a request with these headers.
    pub(crate) fn respond(&self, state: &State, headers: &HeaderMap) -> Response {
        let timestamp = Timestamp::from_second(state.clock.seconds()).unwrap_or_default();
        let timestamp = timestamp.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let trace = random::uuid();
        // Entra gives back the name that a client has given the request.
        let asked = headers.get("client-request-id").and_then(|id| id.to_str().ok());
        let correlation = asked.map_or_else(random::uuid, str::to_owned);
        let next = if state.options().azure.error_lines { "\r\n" } else { " " };
        let Self { code, message, .. } = self;
        let body = json!({
            "error": error(code),
            "error_description": format!(
                "AADSTS{code}: {message}{next}Trace ID: {trace}{next}Correlation ID: {correlation}{next}Timestamp: {timestamp}"
            ),
            "error_codes": [code.parse::<u64>().unwrap_or_default()],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://{}/error?code={code}", host(headers)),
        });
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(body)).into_response()
    }
}

/// The error of RFC 6749 §5.2 that goes with a number.
fn error(code: &str) -> &'static str {
    match code {
        "90002" => "invalid_tenant",
        "700016" => "unauthorized_client",
        "500011" => "invalid_resource",
        "70011" | "1002012" => "invalid_scope",
        "70003" => "unsupported_grant_type",
        "50196" => "invalid_grant",
        "90033" | "90055" => "temporarily_unavailable",
        _ if code.starts_with("7000") || code.starts_with("70021") => "invalid_client",
        _ => "invalid_request",
    }
}
