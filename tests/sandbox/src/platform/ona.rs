//! Ona: `GetIDToken` of its identity service, over Connect, with the environment's bearer token.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;

use super::connect;
use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new().route("/gitpod.v1.IdentityService/GetIDToken", post(id_token))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    audience: Vec<String>,
}

async fn id_token(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, connect::Refusal> {
    let platform = state.options().platform.clone();
    let asked: Asked = connect::read(&headers, &body, &platform.ona_token)?;
    if asked.audience.is_empty() {
        return Err(connect::Refusal::invalid("audience must not be empty"));
    }
    connect::token(&state, platform.ona_shape, asked.audience)
}
