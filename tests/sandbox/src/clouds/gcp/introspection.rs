//! Introspection (RFC 7662), which gcloud asks whom a federated token speaks for. It authenticates itself as a client,
//! which says nothing about anybody and is not looked at.

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::Response;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::refusal::Refusal;
use super::respond;
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;

pub(super) async fn answer(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let token = form_urlencoded::parse(&body).find(|(name, _)| name == "token").map(|(_, token)| token);
    let mut facts = Facts { action: Some("Introspect".to_owned()), ..Facts::default() };
    facts.bearer_id = token.as_deref().map(token_id);
    let result = token
        .ok_or_else(|| Refusal::oauth(400, "invalid_request", "Invalid value for \"token\"."))
        .map(|token| describe(&state, &token));
    respond(result, facts)
}

fn describe(state: &State, token: &str) -> Value {
    let grants = state.gcp();
    let Some(grant) = grants.get(token).filter(|grant| grant.expires_at > state.clock.now()) else {
        return json!({"active": false});
    };
    let expires_at = grant.expires_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    json!({
        "active": true,
        "iss": "https://sts.googleapis.com/",
        "scope": grant.scopes.join(" "),
        "username": grant.principal.member(),
        "sub": grant.principal.member(),
        "exp": expires_at,
    })
}
