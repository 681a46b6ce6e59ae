//! GitHub Actions: the request URL of a job's runner.

use std::sync::Arc;

use axum::extract::{Query, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::{hand_out, has_bearer};
use crate::state::State;
use crate::tokens::Shape;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new().route("/github/oidc/token", get(token))
}

#[derive(Deserialize)]
struct Asked {
    audience: Option<String>,
}

async fn token(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Response {
    let expected = state.options().platform.github_token.clone();
    if !has_bearer(&headers, &expected) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"message": "Bad credentials"}))).into_response();
    }
    // Without an audience, GitHub takes the owner's page.
    let audience = asked.audience.unwrap_or_else(|| "https://github.com/acme".to_owned());
    match hand_out(&state, Shape::GithubActions, vec![audience]) {
        Ok((token, facts)) => {
            (Extension(facts), Json(json!({"count": token.len(), "value": token}))).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
