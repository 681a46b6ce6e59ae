//! What is made from a session for others: the passwords of ECR's registries, and the signatures of CodeCommit's git.
//! <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html>

use std::time::{Duration, SystemTime};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Call, signature};
use crate::digest::sha256;
use crate::log::Facts;
use crate::random;
use crate::state::State;

/// A registry's password is good for half a day, whatever becomes of the session.
const LIFE: Duration = Duration::from_hours(12);

/// Answers ECR's or ECR Public's `GetAuthorizationToken`, if the request is one.
pub(super) fn answer(state: &State, call: &Call<'_>, facts: &mut Facts) -> Option<Response> {
    let target = call.headers.get("x-amz-target")?.to_str().ok()?;
    let (service, is_public) = match target {
        "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken" => ("ecr", false),
        "SpencerFrontendService.GetAuthorizationToken" => ("ecr-public", true),
        _ => return None,
    };
    facts.action = Some("GetAuthorizationToken".to_owned());
    let session = match signature::caller(state, call, service, facts) {
        Ok(session) => session,
        Err(refusal) => {
            facts.error = Some(refusal.code.clone());
            let body = json!({"__type": refusal.code, "message": refusal.message()});
            return Some((StatusCode::BAD_REQUEST, Json(body)).into_response());
        }
    };
    let (password, end) = (random::letters(200), state.clock.now() + LIFE);
    state.secrets().push(password.clone());
    state.aws().open_registries(&password, &session.arn, end);
    let end = end.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let token = STANDARD.encode(format!("AWS:{password}"));
    let mut data = json!({"authorizationToken": token, "expiresAt": end});
    if !is_public {
        // Amazon's helper wants to know which registry it is for.
        let region = call.header("host").and_then(|host| host.strip_prefix("api.ecr.")?.split('.').next());
        let (account, region) = (state.options().aws.account.clone(), region.unwrap_or("us-east-1"));
        data["proxyEndpoint"] = Value::from(format!("https://{account}.dkr.ecr.{region}.amazonaws.com"));
        data = Value::Array(vec![data]);
    }
    Some(Json(json!({"authorizationData": data})).into_response())
}

/// Whose a registry's password is.
pub(crate) fn registry_user(state: &State, password: &str) -> Result<String, String> {
    let now = state.clock.now();
    let known = state.aws().registry_user(password);
    known
        .filter(|(_, end)| *end > now)
        .map(|(arn, _)| arn)
        .ok_or_else(|| "the password is unknown".to_owned())
}

/// Who signed for a repository at a host.
pub(crate) fn signed_repository(
    state: &State,
    (host, repository): (&str, &str),
    (user, password): (&str, &str),
) -> Result<String, String> {
    let (key, token) = user.split_once('%').ok_or("the user has no session token")?;
    let session = state.aws().get(key).cloned().ok_or("the key is unknown")?;
    if session.token != token || session.expires_at <= state.clock.now() {
        return Err("the session is not good".to_owned());
    }
    let region = host.split('.').nth(1).unwrap_or_default();
    let (time, shown) = password.split_once('Z').ok_or("the password is no signature")?;
    let canonical = sha256(format!("GIT\n{repository}\n\nhost:{host}\n\nhost\n").as_bytes());
    let date = time.get(..8).ok_or("the password has no date")?;
    let scope = format!("{date}/{region}/codecommit/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
    signature::check_age(state.clock.seconds(), &format!("{time}Z"))
        .map_err(|refusal| refusal.message().to_owned())?;
    let expected = signature::of_text(&session, &scope, &text);
    if expected == shown { Ok(session.arn) } else { Err("the signature is another one".to_owned()) }
}
