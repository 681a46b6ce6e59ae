//! A token for whoever asks: `GET /token?audience=A[&shape=S]` as text, `/token.json` as `{"token": …}`.

use std::sync::Arc;

use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::hand_out;
use crate::state::State;
use crate::tokens::Shape;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new().route("/token", get(text)).route("/token.json", get(object))
}

#[derive(Deserialize)]
struct Asked {
    audience: String,
    #[serde(default)]
    shape: Shape,
}

async fn text(Shared(state): Shared<Arc<State>>, Query(asked): Query<Asked>) -> Response {
    match hand_out(&state, asked.shape, vec![asked.audience]) {
        Ok((token, facts)) => (Extension(facts), format!("{token}\n")).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn object(Shared(state): Shared<Arc<State>>, Query(asked): Query<Asked>) -> Response {
    match hand_out(&state, asked.shape, vec![asked.audience]) {
        Ok((token, facts)) => (Extension(facts), Json(json!({"token": token}))).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
