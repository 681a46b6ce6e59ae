//! Ona: `GetIDToken` of its identity service, over Connect, with the environment's bearer token.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;

use super::gitpod::{connect_body, connect_error, connect_token};
use super::has_bearer;
use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new().route("/gitpod.v1.IdentityService/GetIDToken", post(id_token))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    audience: Vec<String>,
}

async fn id_token(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Response {
    let platform = state.options().platform.clone();
    if !has_bearer(&headers, &platform.ona_token) {
        return connect_error(StatusCode::UNAUTHORIZED, "unauthenticated", "invalid or missing bearer token");
    }
    match connect_body::<Asked>(&headers, &body) {
        Ok(asked) if asked.audience.is_empty() => {
            connect_error(StatusCode::BAD_REQUEST, "invalid_argument", "audience must not be empty")
        }
        Ok(asked) => connect_token(&state, platform.ona_shape, asked.audience),
        Err(refusal) => refusal,
    }
}
