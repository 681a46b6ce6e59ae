//! The passwords of ECR's registries, which are made from a session. They open nothing here.
//! <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html>

use std::time::{Duration, SystemTime};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Call, signature};
use crate::log::Facts;
use crate::random;
use crate::state::State;

/// A registry's password is good for half a day, whatever becomes of the session.
const LIFE: Duration = Duration::from_hours(12);

/// Answers ECR's `GetAuthorizationToken`, if the request is one.
pub(super) fn answer(state: &State, call: &Call<'_>, facts: &mut Facts) -> Option<Response> {
    let target = call.headers.get("x-amz-target")?.to_str().ok()?;
    (target == "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken").then_some(())?;
    facts.action = Some("GetAuthorizationToken".to_owned());
    if let Err(refusal) = signature::caller(state, call, "ecr", facts) {
        facts.error = Some(refusal.code.clone());
        let body = json!({"__type": refusal.code, "message": refusal.message()});
        return Some((StatusCode::BAD_REQUEST, Json(body)).into_response());
    }
    let (password, end) = (random::letters(200), state.clock.now() + LIFE);
    state.secrets().push(password.clone());
    let end = end.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let token = STANDARD.encode(format!("AWS:{password}"));
    let host = call.header("host").unwrap_or_default();
    let region = host.strip_prefix("api.ecr.").and_then(|rest| rest.split('.').next()).unwrap_or("us-east-1");
    let registry = format!("https://{}.dkr.ecr.{region}.amazonaws.com", state.options().aws.account);
    let data = json!({"authorizationToken": token, "expiresAt": end, "proxyEndpoint": registry});
    Some(Json(json!({"authorizationData": [data]})).into_response())
}
