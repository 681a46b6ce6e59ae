//! OpenID Connect Discovery 1.0 and the key set, at both places where platforms have it.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::routing::get;
use axum::{Json, Router};
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/idp/.well-known/openid-configuration", get(discovery))
        .route("/idp/keys", get(keys))
        .route("/idp/.well-known/jwks.json", get(keys))
}

async fn discovery(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let issuer = state.issuer();
    let algorithm = state.options().algorithm;
    Json(json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/keys"),
        "authorization_endpoint": format!("{issuer}/not-supported"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm],
        "claims_supported": ["aud", "exp", "iat", "iss", "sub"],
    }))
}

async fn keys(Shared(state): Shared<Arc<State>>) -> Json<JwkSet> {
    Json(state.keys().published())
}
