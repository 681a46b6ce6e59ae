//! Registries of container images: as much of [the protocol](https://github.com/opencontainers/distribution-spec) as lists
//! the tags of a repository, behind the doors of each cloud.
//!
//! - ECR (`ACCOUNT.dkr.ecr.REGION.amazonaws.com`, `public.ecr.aws`): a password that `GetAuthorizationToken` handed out,
//!   under `AWS`.
//! - Artifact Registry and gcr.io: an access token of Google's, as the password of `oauth2accesstoken`.
//! - Azure (`NAME.azurecr.io`): `/oauth2/exchange` gives a refresh token for a token of Entra's, and `/oauth2/token`
//!   takes that as the password of nobody and gives the token that opens the repository.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{basic, bearer};
use crate::clouds::{aws, azure, gcp};
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const REGISTRIES: &str = "https://containerregistry.azure.net";

/// Which cloud's registry a host is.
fn kind(host: &str) -> Option<&'static str> {
    let is = |ending: &str| host.ends_with(ending);
    match host {
        _ if host == "public.ecr.aws" || host.contains(".dkr.ecr.") && is(".amazonaws.com") => Some("aws"),
        _ if host == "gcr.io" || is(".gcr.io") || is("-docker.pkg.dev") => Some("gcp"),
        _ if is(".azurecr.io") => Some("azure"),
        _ => None,
    }
}

pub(crate) fn is_one(host: &str) -> bool {
    kind(host).is_some()
}

/// Answers every request to a registry.
pub(crate) fn answer(
    state: &Arc<State>,
    host: &str,
    (method, uri): (&Method, &Uri),
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let mut facts = Facts { action: Some(uri.path().to_owned()), ..Facts::default() };
    let result = match (kind(host), uri.path()) {
        (Some("azure"), "/oauth2/exchange") if method == Method::POST => exchange(state, host, body),
        (Some("azure"), "/oauth2/token") => token(state, host, headers),
        (Some(kind), path) if path.starts_with("/v2") => {
            open(state, (kind, host), headers, &mut facts).map(|()| page(path))
        }
        _ => Err((StatusCode::NOT_FOUND, "NAME_UNKNOWN".to_owned())),
    };
    match result {
        Ok(value) => (Extension(facts), Json(value)).into_response(),
        Err((status, why)) => {
            facts.error = Some(why.clone());
            let error = json!({"errors": [{"code": "UNAUTHORIZED", "message": why}]});
            (status, challenge(kind(host), host), Extension(facts), Json(error)).into_response()
        }
    }
}

type Result<T> = std::result::Result<T, (StatusCode, String)>;

fn denied<T>(why: impl Into<String>) -> Result<T> {
    Err((StatusCode::UNAUTHORIZED, why.into()))
}

fn challenge(kind: Option<&str>, host: &str) -> [(axum::http::HeaderName, String); 1] {
    let challenge = match kind {
        Some("azure") => format!("Bearer realm=\"https://{host}/oauth2/token\",service=\"{host}\""),
        _ => format!("Basic realm=\"https://{host}/\""),
    };
    [(WWW_AUTHENTICATE, challenge)]
}

fn open(
    state: &Arc<State>,
    (kind, host): (&str, &str),
    headers: &HeaderMap,
    facts: &mut Facts,
) -> Result<()> {
    if kind == "azure" {
        let Some(token) = bearer(headers) else { return denied("there is no token") };
        facts.bearer_id = Some(token_id(token));
        facts.principal = Some(azure::bearer_of(state, token, host).or_else(denied)?);
        return Ok(());
    }
    let Some((user, password)) = basic(headers) else { return denied("there is no password") };
    facts.bearer_id = Some(token_id(&password));
    facts.principal = Some(match (kind, user.as_str()) {
        ("aws", "AWS") => aws::registry_user(state, &password).or_else(denied)?,
        ("gcp", "oauth2accesstoken") => gcp::bearer_of(state, &password).or_else(denied)?,
        _ => return denied(format!("the user is {user:?}")),
    });
    Ok(())
}

fn page(path: &str) -> Value {
    match path.strip_prefix("/v2/").and_then(|path| path.strip_suffix("/tags/list")) {
        Some(name) => json!({"name": name, "tags": ["1.0", "latest"]}),
        None => json!({}),
    }
}

fn exchange(state: &Arc<State>, host: &str, body: &[u8]) -> Result<Value> {
    let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let tenant = state.options().azure.tenant_id.clone();
    if get("grant_type") != "access_token" || get("service") != host || get("tenant") != tenant {
        return Err((StatusCode::BAD_REQUEST, "the form is not right".to_owned()));
    }
    azure::bearer_of(state, get("access_token"), REGISTRIES).or_else(denied)?;
    let refresh = azure::issue_for(state, get("access_token"), &format!("refresh:{host}")).or_else(denied)?;
    Ok(json!({"refresh_token": refresh}))
}

fn token(state: &Arc<State>, host: &str, headers: &HeaderMap) -> Result<Value> {
    let Some((user, password)) = basic(headers) else { return denied("there is no password") };
    if user != NOBODY {
        return denied(format!("the user is {user:?}"));
    }
    azure::bearer_of(state, &password, &format!("refresh:{host}")).or_else(denied)?;
    Ok(json!({"access_token": azure::issue_for(state, &password, host).or_else(denied)?}))
}
