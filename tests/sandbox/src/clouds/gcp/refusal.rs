//! The three ways in which Google says no: as OAuth (RFC 6749 §5.2), as its APIs of today
//! (<https://google.aip.dev/193>), and as its APIs of old, of which Storage is one.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What Google says when it says no.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: String,
    body: Value,
}

impl Refusal {
    /// In the words of the Security Token Service.
    pub(crate) fn oauth(status: u16, error: &str, description: impl Into<String>) -> Self {
        let body = json!({"error": error, "error_description": description.into()});
        Self { status, code: error.to_owned(), body }
    }

    /// In the words of an API of today, without details.
    pub(crate) fn api(status: u16, name: &str, message: impl Into<String>) -> Self {
        let body = json!({"error": {"code": status, "message": message.into(), "status": name}});
        Self { status, code: name.to_owned(), body }
    }

    /// The same, with the reason for programs.
    pub(super) fn because(mut self, reason: &str, domain: &str, metadata: &Value) -> Self {
        self.body["error"]["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": domain,
            "metadata": metadata,
        }]);
        self
    }

    /// In the words of an API of old.
    pub(super) fn old(status: u16, reason: &str, message: &str, header: Option<&str>) -> Self {
        let mut one = json!({"message": message, "domain": "global", "reason": reason});
        if let Some(header) = header {
            one["locationType"] = json!("header");
            one["location"] = json!(header);
        }
        let body = json!({"error": {"code": status, "message": message, "errors": [one]}});
        Self { status, code: reason.to_owned(), body }
    }

    /// The protocol's name for it.
    pub(super) fn code(&self) -> &str {
        &self.code
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"https://accounts.google.com/\"")];
        match status {
            StatusCode::UNAUTHORIZED => (status, challenge, Json(self.body)).into_response(),
            _ => (status, Json(self.body)).into_response(),
        }
    }
}
