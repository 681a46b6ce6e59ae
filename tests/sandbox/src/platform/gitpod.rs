//! Gitpod classic: the supervisor's HTTP gateway and the public API's `GetIDToken` over Connect
//! (<https://connectrpc.com/docs/protocol>).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{hand_out, has_bearer};
use crate::log::Facts;
use crate::state::State;
use crate::tokens::Shape;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/_supervisor/v1/info/workspace", get(workspace))
        .route("/_supervisor/v1/token/{kind}/{host}/{scope}", get(token))
        .route("/gitpod.experimental.v1.IdentityProviderService/GetIDToken", post(id_token))
}

async fn workspace(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let host = api_host(&state);
    Json(json!({
        "workspaceId": state.options().platform.workspace_id,
        "instanceId": "6d1f0b52-8f5e-4a0e-b1c9-2f1f4e0d7a33",
        "checkoutLocation": "/workspace/app",
        "gitpodApi": {"endpoint": format!("wss://{host}/api/v1"), "host": host},
        "gitpodHost": format!("https://{host}"),
        "workspaceContextUrl": "https://github.com/acme/app",
        "repository": {"owner": "acme", "name": "app"},
        "userHome": "/home/gitpod",
    }))
}

fn api_host(state: &State) -> String {
    state.options().platform.api_host.clone().unwrap_or_else(|| state.address.clone())
}

/// Errors are the gateway's: a gRPC status as JSON.
async fn token(
    Shared(state): Shared<Arc<State>>,
    Path((kind, host, scope)): Path<(String, String, String)>,
) -> Response {
    let refuse = |status: StatusCode, code: u8, message: String| {
        (status, Json(json!({"code": code, "message": message, "details": []}))).into_response()
    };
    if kind != "gitpod" || host != api_host(&state) {
        return refuse(StatusCode::NOT_FOUND, 5, format!("no token provider for {kind} on {host}"));
    }
    if !scope.split(',').any(|one| one == "function:getWorkspace") {
        return refuse(StatusCode::FORBIDDEN, 7, format!("scope {scope} is not granted"));
    }
    let token = state.options().platform.supervisor_token.clone();
    Json(json!({"token": token, "user": "sam", "scope": [scope]})).into_response()
}

#[derive(Deserialize)]
struct Asked {
    #[serde(rename = "workspaceId", alias = "workspace_id", default)]
    workspace_id: String,
    #[serde(default)]
    audience: Vec<String>,
}

async fn id_token(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Response {
    let platform = state.options().platform.clone();
    if !has_bearer(&headers, &platform.supervisor_token) {
        return connect_error(StatusCode::UNAUTHORIZED, "unauthenticated", "No access token provided.");
    }
    let asked = match connect_body::<Asked>(&headers, &body) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    if asked.workspace_id != platform.workspace_id {
        return connect_error(StatusCode::NOT_FOUND, "not_found", "Workspace not found.");
    }
    if asked.audience.is_empty() {
        return connect_error(
            StatusCode::BAD_REQUEST,
            "invalid_argument",
            "Must have at least one audience entry",
        );
    }
    connect_token(&state, Shape::Gitpod, asked.audience)
}

/// Reads a unary Connect request in JSON.
pub(super) fn connect_body<T: for<'a> Deserialize<'a>>(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<T, Response> {
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
    }
    serde_json::from_slice(body)
        .map_err(|_| connect_error(StatusCode::BAD_REQUEST, "invalid_argument", "the body is not valid JSON"))
}

/// A Connect answer with a token.
pub(super) fn connect_token(state: &State, shape: Shape, audience: Vec<String>) -> Response {
    match hand_out(state, shape, audience) {
        Ok((token, facts)) => (Extension(facts), Json(json!({"token": token}))).into_response(),
        Err(_) => connect_error(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Failed to issue the token."),
    }
}

/// An error as Connect has it.
pub(super) fn connect_error(status: StatusCode, code: &str, message: &str) -> Response {
    let facts = Facts { error: Some(code.to_owned()), ..Facts::default() };
    (status, Extension(facts), Json(json!({"code": code, "message": message}))).into_response()
}
