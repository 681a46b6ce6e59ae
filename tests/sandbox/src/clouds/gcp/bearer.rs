//! Who shows an access token, if it is good and reaches far enough.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde_json::json;

use super::grants::Grant;
use super::refusal::Refusal;
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;

/// The scope that reaches everything.
pub(super) const EVERYTHING: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Why a bearer is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Missing,
    Unknown,
    Over,
    TooNarrow,
}

/// The grant that the request shows, if it is good for one of `scopes`.
pub(super) fn check(
    state: &Arc<State>,
    headers: &HeaderMap,
    scopes: &[&str],
    facts: &mut Facts,
) -> Result<Grant, Trouble> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Trouble::Missing)?;
    facts.bearer_id = Some(token_id(token));
    let grant = state.gcp().get(token).cloned().ok_or(Trouble::Unknown)?;
    facts.principal = Some(grant.principal.member());
    if grant.expires_at <= state.clock.now() {
        return Err(Trouble::Over);
    }
    let reaches = |scope: &String| scope == EVERYTHING || scopes.contains(&scope.as_str());
    if grant.scopes.iter().any(reaches) { Ok(grant) } else { Err(Trouble::TooNarrow) }
}

/// The trouble in the words of an API of today.
pub(super) fn refusal(trouble: Trouble, service: &str, method: &str) -> Refusal {
    let wanted = "Expected OAuth 2 access token, login cookie or other valid authentication credential. See \
                  https://developers.google.com/identity/sign-in/web/devconsole-project.";
    let (status, name, message, reason) = match trouble {
        Trouble::Missing => (
            401,
            "UNAUTHENTICATED",
            format!("Request is missing required authentication credential. {wanted}"),
            "CREDENTIALS_MISSING",
        ),
        Trouble::Unknown | Trouble::Over => (
            401,
            "UNAUTHENTICATED",
            format!("Request had invalid authentication credentials. {wanted}"),
            if trouble == Trouble::Over { "ACCESS_TOKEN_EXPIRED" } else { "ACCESS_TOKEN_TYPE_UNSUPPORTED" },
        ),
        Trouble::TooNarrow => (
            403,
            "PERMISSION_DENIED",
            "Request had insufficient authentication scopes.".to_owned(),
            "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        ),
    };
    let metadata = json!({"service": service, "method": method});
    Refusal::api(status, name, message).because(reason, "googleapis.com", &metadata)
}
