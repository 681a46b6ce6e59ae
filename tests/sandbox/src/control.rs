//! Control over HTTP, for shell scripts and tests in other languages: JSON under `/sandbox`.
//!
//! | route | body | what it does |
//! |---|---|---|
//! | `GET /sandbox` | | addresses, bearer tokens, role ARNs, client ids |
//! | `POST /sandbox/mint` | a [`Mint`], `{}` for a good one | `{"token": …}` |
//! | `POST /sandbox/keys` | `{"old": "keep"}` or `{"old": "drop"}` | rotates the keys |
//! | `POST /sandbox/faults` | `{"group": "sts", "fault": {"kind": "throttling", "times": 2}}` | adds a fault |
//! | `DELETE /sandbox/faults` | | clears all faults |
//! | `GET /sandbox/requests` | | the log |
//! | `DELETE /sandbox/requests` | | forgets it |
//! | `DELETE /sandbox/sessions` | | revokes all sessions |
//! | `POST /sandbox/settings` | see [`Settings`] | changes lifetimes and claims |
//! | `POST /sandbox/advance` | `{"seconds": 600}` | moves the sandbox's clock |
//!
//! It asks for no password: whoever is on this machine may play.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::fault::{Fault, Group};
use crate::keys::OldKeys;
use crate::log::Request;
use crate::state::State;
use crate::tokens::{self, Mint};

pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/sandbox", get(describe))
        .route("/sandbox/mint", post(mint))
        .route("/sandbox/keys", post(rotate))
        .route("/sandbox/faults", post(add_fault).delete(clear_faults))
        .route("/sandbox/requests", get(requests).delete(forget))
        .route("/sandbox/sessions", delete(revoke))
        .route("/sandbox/settings", post(settings))
        .route("/sandbox/advance", post(advance))
}

async fn describe(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let options = state.options();
    let roles: Vec<String> = options.aws.roles.iter().map(|role| options.aws.role_arn(&role.name)).collect();
    Json(json!({
        "url": state.url(),
        "issuer": state.issuer(),
        "supervisor_address": state.address,
        "github_request_url": state.github_request_url(),
        "github_request_token": options.platform.github_token,
        "role_arns": roles,
        "https_url": state.https_url(),
        "proxy_url": state.proxy_url(),
        "certificate_authority": state.tls.authority,
        "tenant_id": options.azure.tenant_id,
        "client_ids": options.azure.applications.iter().map(|one| &one.client_id).collect::<Vec<_>>(),
    }))
}

async fn mint(Shared(state): Shared<Arc<State>>, Json(mint): Json<Mint>) -> Response {
    respond(tokens::mint(&state, &mint).map(|token| json!({"token": token})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    old: OldKeys,
}

async fn rotate(Shared(state): Shared<Arc<State>>, Json(rotation): Json<Rotation>) -> Response {
    respond(state.keys().rotate(rotation.old).map(|()| json!({})))
}

fn respond(result: std::io::Result<Value>) -> Response {
    match result {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFault {
    group: Group,
    fault: Fault,
}

async fn add_fault(Shared(state): Shared<Arc<State>>, Json(new): Json<NewFault>) -> Json<Value> {
    state.faults.add(new.group, new.fault);
    Json(json!({}))
}

async fn clear_faults(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    state.faults.clear();
    Json(json!({}))
}

async fn requests(Shared(state): Shared<Arc<State>>) -> Json<Vec<Request>> {
    Json(state.log.all())
}

async fn forget(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    state.log.clear();
    Json(json!({}))
}

async fn revoke(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    state.revoke();
    Json(json!({}))
}

/// What `POST /sandbox/settings` changes; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    token_lifetime_seconds: Option<u64>,
    /// 0 gives sessions back the lifetime they asked for.
    session_lifetime_seconds: Option<u64>,
    claims: Option<Map<String, Value>>,
}

async fn settings(Shared(state): Shared<Arc<State>>, Json(settings): Json<Settings>) -> Json<Value> {
    let mut options = state.options();
    if let Some(seconds) = settings.token_lifetime_seconds {
        options.platform.token_lifetime = Duration::from_secs(seconds);
    }
    if let Some(seconds) = settings.session_lifetime_seconds {
        options.aws.session_lifetime = Some(seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs);
    }
    if let Some(claims) = settings.claims {
        options.platform.claims = claims;
    }
    Json(json!({}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

async fn advance(Shared(state): Shared<Arc<State>>, Json(advance): Json<Advance>) -> Json<Value> {
    state.clock.advance(Duration::from_secs(advance.seconds));
    Json(json!({}))
}
