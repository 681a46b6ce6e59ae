//! The token exchange (RFC 8693): an ID token for a federated access token
//! (<https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::Response;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::grants::{Grant, Principal};
use super::options::{GcpOptions, IdentityProvider};
use super::refusal::Refusal;
use super::{attributes, respond};
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;
use crate::verify::{Claims, Rejection, verify};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const SUBJECT_TOKEN_TYPES: [&str; 2] =
    ["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"];
/// The longest life of a federated token, whatever its ID token says.
const LONGEST: Duration = Duration::from_hours(1);

pub(super) async fn answer(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let form: BTreeMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
    let mut facts = Facts { action: Some("ExchangeToken".to_owned()), ..Facts::default() };
    respond(exchange(&state, &form, &mut facts), facts)
}

fn exchange(state: &State, form: &BTreeMap<String, String>, facts: &mut Facts) -> Result<Value, Refusal> {
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    check_kinds(field)?;
    let options = state.options().gcp.clone();
    let provider = provider(&options, field("audience"))?;
    check_user_project(provider, field("options"))?;
    let scopes: Vec<String> = field("scope").split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() {
        return Err(Refusal::oauth(400, "invalid_scope", "The scope parameter is required."));
    }
    facts.token_id = Some(token_id(field("subject_token")));
    let claims = verified(state, &options, provider, field("subject_token"))?;
    facts.audience = claims.audience();
    let attributes = attributes::of(provider, &claims)?;
    let principal = Principal::Federated { pool: options.pool_name(provider), attributes };
    let now = state.clock.now();
    let expires_at = claims.expires_at().min(now + LONGEST);
    facts.principal = Some(principal.member());
    let token = state.gcp().open(Grant { principal, scopes, expires_at });
    state.secrets().push(token.clone());
    facts.granted_id = Some(token_id(&token));
    Ok(json!({
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": left(expires_at, now),
    }))
}

/// Whole seconds until then.
pub(super) fn left(then: SystemTime, now: SystemTime) -> u64 {
    then.duration_since(now).unwrap_or_default().as_secs()
}

fn check_kinds<'f>(field: impl Fn(&str) -> &'f str) -> Result<(), Refusal> {
    if field("grant_type") != GRANT_TYPE {
        let description = format!("Unsupported grant type: {}", field("grant_type"));
        return Err(Refusal::oauth(400, "unsupported_grant_type", description));
    }
    let known = [("requested_token_type", &[ACCESS_TOKEN][..]), ("subject_token_type", &SUBJECT_TOKEN_TYPES)];
    match known.into_iter().find(|(name, values)| !values.contains(&field(name))) {
        Some((name, _)) => {
            Err(Refusal::oauth(400, "invalid_request", format!("Invalid value for \"{name}\".")))
        }
        None => Ok(()),
    }
}

/// The provider of that name.
fn provider<'o>(options: &'o GcpOptions, audience: &str) -> Result<&'o IdentityProvider, Refusal> {
    let name = audience.strip_prefix("//iam.googleapis.com/").filter(|name| may_be_a_provider(name));
    let name = name.ok_or_else(not_a_provider)?;
    let mut providers = options.providers.iter().filter(|provider| !provider.disabled);
    providers.find(|provider| options.resource_name(provider) == name).ok_or_else(|| {
        Refusal::oauth(
            400,
            "invalid_target",
            "The target service indicated by the \"audience\" parameters is invalid. This might either be because the \
             pool or provider is disabled or deleted or because it doesn't exist.",
        )
    })
}

/// A pool is no provider, and a project is named by its number.
fn may_be_a_provider(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    match parts[..] {
        ["projects", project, "locations", "global", "workloadIdentityPools", _, "providers", _] => {
            project.bytes().all(|byte| byte.is_ascii_digit())
        }
        ["locations", "global", "workforcePools", _, "providers", _] => true,
        _ => false,
    }
}

/// People have no project of their own that their requests could be counted to. google-auth (Python) encodes the options
/// once more than the form does, which Google takes as well.
fn check_user_project(provider: &IdentityProvider, options: &str) -> Result<(), Refusal> {
    let decoded = form_urlencoded::parse(options.as_bytes()).next().map(|(decoded, _)| decoded);
    let options = if options.starts_with('%') { decoded.unwrap_or_default() } else { options.into() };
    let options: Value = serde_json::from_str(&options).unwrap_or_default();
    if !provider.workforce || options["userProject"].as_str().is_some_and(|project| !project.is_empty()) {
        return Ok(());
    }
    Err(Refusal::oauth(400, "invalid_request", "The options parameter must name a userProject."))
}

fn not_a_provider() -> Refusal {
    Refusal::oauth(
        400,
        "invalid_request",
        "Invalid value for \"audience\". This value should be the full resource name of the Identity Provider. See \
         https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.",
    )
}

/// The claims of a token that is good for this provider.
fn verified(
    state: &State,
    options: &GcpOptions,
    provider: &IdentityProvider,
    token: &str,
) -> Result<Claims, Refusal> {
    let expected = provider.issuer.clone().unwrap_or_else(|| state.issuer());
    let claims = verify(state, token).map_err(|rejection| refusal(token, &expected, rejection))?;
    if expected != state.issuer() {
        return Err(refusal(token, &expected, Rejection::UnknownIssuer(state.issuer())));
    }
    let name = format!("//iam.googleapis.com/{}", options.resource_name(provider));
    let own = [format!("https:{name}"), name];
    let allowed = if provider.allowed_audiences.is_empty() { &own[..] } else { &provider.allowed_audiences };
    if claims.audience().iter().any(|audience| allowed.contains(audience)) {
        return Ok(claims);
    }
    let audience = claims.audience().join(", ");
    Err(invalid(format!("The audience in ID Token [{audience}] does not match the expected audience.")))
}

fn invalid(description: impl Into<String>) -> Refusal {
    Refusal::oauth(400, "invalid_grant", description)
}

fn refusal(token: &str, expected: &str, rejection: Rejection) -> Refusal {
    let wrong_issuer = |issuer: &str| {
        format!("The issuer in ID Token {issuer} does not match the expected one in config: {expected}.")
    };
    let stale = || {
        let issued_at = Claims::unverified(token).and_then(|claims| claims.seconds("iat"));
        let issued_at = issued_at.map_or_else(|| "null".to_owned(), |seconds| seconds.to_string());
        format!("ID Token issued at {issued_at} is stale to sign-in.")
    };
    invalid(match rejection {
        Rejection::NotAToken => "Unable to parse the ID Token.".to_owned(),
        Rejection::UnknownIssuer(issuer) => wrong_issuer(&issuer),
        Rejection::MissingClaim("iss") => wrong_issuer("null"),
        Rejection::NoAnswer | Rejection::NoKey => {
            "Error connecting to the given credential's issuer.".to_owned()
        }
        Rejection::BadSignature => "Unable to verify the ID Token signature.".to_owned(),
        Rejection::MissingClaim(_) | Rejection::Expired { .. } | Rejection::NotYetValid { .. } => stale(),
    })
}
