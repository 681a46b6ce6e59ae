//! Gitpod classic: the supervisor's HTTP gateway and the public API's `GetIDToken` over Connect.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::connect;
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

async fn id_token(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, connect::Refusal> {
    let platform = state.options().platform.clone();
    let asked: Asked = connect::read(&headers, &body, &platform.supervisor_token)?;
    if asked.workspace_id != platform.workspace_id {
        return Err(connect::Refusal::new(StatusCode::NOT_FOUND, "not_found", "Workspace not found."));
    }
    if asked.audience.is_empty() {
        return Err(connect::Refusal::invalid("Must have at least one audience entry"));
    }
    connect::token(&state, Shape::Gitpod, asked.audience)
}
