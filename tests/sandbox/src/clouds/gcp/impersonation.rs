//! IAM Credentials: access tokens and ID tokens of service accounts
//! (<https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken>).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::grants::{Grant, Principal};
use super::options::{GcpOptions, ServiceAccount};
use super::permission::{Permission, allows};
use super::refusal::Refusal;
use super::{bearer, respond};
use crate::keys::Signer;
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;

const SCOPES: [&str; 1] = ["https://www.googleapis.com/auth/iam"];
/// The life of a token whose caller names none.
const USUAL: Duration = Duration::from_hours(1);

/// Every field may be `null`, which says as much as its absence (<https://protobuf.dev/programming-guides/json/>).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    delegates: Option<Vec<String>>,
    scope: Option<Vec<String>>,
    lifetime: Option<String>,
    audience: Option<String>,
    include_email: Option<bool>,
}

pub(super) async fn answer(
    Shared(state): Shared<Arc<State>>,
    Path((project, call)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut facts = Facts::default();
    let result = impersonate(&state, (&project, &call), &headers, &body, &mut facts);
    respond(result, facts)
}

/// The keys that Google's ID tokens are signed with.
pub(super) async fn keys(Shared(state): Shared<Arc<State>>) -> Response {
    match state.gcp().keys() {
        Ok(keys) => Json(keys.published()).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn impersonate(
    state: &Arc<State>,
    (project, call): (&str, &str),
    headers: &HeaderMap,
    body: &[u8],
    facts: &mut Facts,
) -> Result<Value, Refusal> {
    let (email, method) = call.rsplit_once(':').unwrap_or((call, ""));
    let (permission, action) = match method {
        "generateAccessToken" => (Permission::GetAccessToken, "GenerateAccessToken"),
        "generateIdToken" => (Permission::GetOpenIdToken, "GenerateIdToken"),
        _ => return Err(Refusal::api(404, "NOT_FOUND", "Requested entity was not found.")),
    };
    facts.action = Some(action.to_owned());
    let caller = bearer::check(state, headers, &SCOPES, facts).map_err(|trouble| {
        bearer::refusal(
            trouble,
            "iamcredentials.googleapis.com",
            &format!("google.iam.credentials.v1.{action}"),
        )
    })?;
    if project != "-" {
        return Err(invalid("Request contains an invalid argument."));
    }
    let asked: Asked = serde_json::from_slice(body)
        .map_err(|error| invalid(format!("Invalid JSON payload received. {error}")))?;
    let options = state.options().gcp.clone();
    let account = permitted(&options, &caller.principal, asked.delegates.as_deref(), email, permission)?;
    match permission {
        Permission::GetOpenIdToken => id_token(state, account, &asked),
        _ => access_token(state, &options, account, asked, facts),
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::api(400, "INVALID_ARGUMENT", message)
}

/// The account, if each of the delegates may act as the next one, and the last as the account.
fn permitted<'o>(
    options: &'o GcpOptions,
    caller: &Principal,
    delegates: Option<&[String]>,
    email: &str,
    permission: Permission,
) -> Result<&'o ServiceAccount, Refusal> {
    let mut principal = caller.clone();
    for delegate in delegates.unwrap_or_default() {
        let email = delegate
            .strip_prefix("projects/-/serviceAccounts/")
            .ok_or_else(|| invalid("Request contains an invalid argument."))?;
        let account = link(options, &principal, email, Permission::ImplicitDelegation)?;
        principal = Principal::ServiceAccount(account.email.clone());
    }
    link(options, &principal, email, permission)
}

fn link<'o>(
    options: &'o GcpOptions,
    principal: &Principal,
    email: &str,
    permission: Permission,
) -> Result<&'o ServiceAccount, Refusal> {
    let account = options.service_account(email).ok_or_else(|| {
        Refusal::api(404, "NOT_FOUND", format!("Not found; Gaia id not found for email {email}"))
    })?;
    if allows(account, principal, permission) {
        return Ok(account);
    }
    let name = permission.name();
    let message = format!("Permission '{name}' denied on resource (or it may not exist).");
    let refusal = Refusal::api(403, "PERMISSION_DENIED", message);
    Err(refusal.because("IAM_PERMISSION_DENIED", "iam.googleapis.com", &json!({"permission": name})))
}

fn access_token(
    state: &State,
    options: &GcpOptions,
    account: &ServiceAccount,
    asked: Asked,
    facts: &mut Facts,
) -> Result<Value, Refusal> {
    let scopes = asked.scope.unwrap_or_default();
    if scopes.iter().all(String::is_empty) {
        return Err(invalid("Scope required."));
    }
    let lifetime = lifetime(account, asked.lifetime.as_deref(), facts)?;
    let expires_at = state.clock.now() + options.token_lifetime.unwrap_or(lifetime);
    let principal = Principal::ServiceAccount(account.email.clone());
    let token = state.gcp().open(Grant { principal, scopes, expires_at });
    state.secrets().push(token.clone());
    facts.granted_id = Some(token_id(&token));
    Ok(json!({"accessToken": token, "expireTime": date_time(expires_at)}))
}

/// What was asked for, such as `3600s`, if the account's tokens may live that long.
fn lifetime(account: &ServiceAccount, asked: Option<&str>, facts: &mut Facts) -> Result<Duration, Refusal> {
    let Some(text) = asked else {
        return Ok(USUAL);
    };
    let seconds = text.strip_suffix('s').and_then(|number| number.parse().ok());
    let seconds: u64 = seconds.ok_or_else(|| invalid("Request contains an invalid argument."))?;
    facts.duration_seconds = Some(seconds);
    if seconds == 0 {
        // The spelling is Google's.
        return Err(invalid("Lifetime of access token must be larger then zero."));
    }
    if seconds > account.longest_lifetime.as_secs() {
        return Err(invalid(
            "Tokens for this service account can not have lifetimes of more than 1 hour. Use the Org Policy Constraint \
             constraints/iam.allowServiceAccountCredentialLifetimeExtension to allow up to 12 hours.",
        ));
    }
    Ok(Duration::from_secs(seconds))
}

fn id_token(state: &State, account: &ServiceAccount, asked: &Asked) -> Result<Value, Refusal> {
    let audience = asked.audience.as_deref().filter(|audience| !audience.is_empty());
    let audience = audience.ok_or_else(|| invalid("Request contains an invalid argument."))?;
    let now = state.clock.seconds();
    let mut claims = json!({
        "iss": "https://accounts.google.com",
        "aud": audience,
        "azp": "104857600000000000001",
        "sub": "104857600000000000001",
        "iat": now,
        "exp": now + 3600,
    });
    if asked.include_email == Some(true) {
        claims["email"] = json!(account.email);
        claims["email_verified"] = json!(true);
    }
    let mut grants = state.gcp();
    let signed = grants.keys().and_then(|keys| keys.signer(Signer::Current)).and_then(|(header, key)| {
        jsonwebtoken::encode(&header, &claims, &key).map_err(std::io::Error::other)
    });
    let token = signed.map_err(|_| Refusal::api(500, "INTERNAL", "Internal error encountered."))?;
    state.secrets().push(token.clone());
    Ok(json!({"token": token}))
}

/// RFC 3339 in whole seconds, as Google writes it.
fn date_time(instant: SystemTime) -> String {
    let seconds = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}
