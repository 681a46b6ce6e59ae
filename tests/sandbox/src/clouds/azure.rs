//! Microsoft Entra ID and Azure Resource Manager, under TLS at [`crate::Sandbox::https_url`] and, through
//! [`crate::Sandbox::proxy_url`], at the hosts of Azure.
//!
//! Entra (`discovery.rs`, `token.rs`): discovery, its keys, and client credentials with an assertion (RFC 7523)
//! against an application's federated credentials. It verifies the tenant, the cloud that a client came through, the
//! application, issuer, subject and audience (each whole, and with its case), the signature by the issuer's
//! published keys, the time range, a lifetime of at most 25 hours, and the scope. Its refusals have the shape and
//! the words that are found in reports of Entra's users, with carriage returns as many of its answers have them.
//!
//! Resource Manager (`manager.rs`) and blob storage (`blobs.rs`) check that a bearer token was issued here, for them,
//! and has not ended; they have what `az` needs to list, and what Terraform needs to keep its state.
//!
//! It leaves out: users, secrets, certificates, on-behalf-of, conditional access, the permissions of an application,
//! and the order in which Entra makes its checks, which nobody documents.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

mod access;
mod blobs;
mod directory;
mod discovery;
mod federation;
mod manager;
mod refusal;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderMap, HeaderValue};

pub(crate) use self::access::AccessTokens;
pub(crate) use self::blobs::{Blobs, answer as answer_as_storage, refuse as refuse_by_storage};
pub use self::directory::{Application, AzureCloud, AzureOptions, FederatedCredential, Subscription};
pub(crate) use self::manager::refuse as refuse_by_manager;
pub(crate) use self::refusal::Refusal;
use crate::log::Facts;
use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new().merge(discovery::routes()).merge(token::routes()).merge(manager::routes())
}

/// The application that a request's bearer token was issued to, if it was issued for `audience`.
pub(crate) fn object(state: &State, headers: &HeaderMap, audience: &str) -> Result<String, String> {
    let issued = manager::check_bearer(state, headers, &[audience], &mut Facts::default());
    issued.map(|issued| issued.client_id).map_err(|(_, code, message)| format!("{code}: {message}"))
}

/// The same of a token that came in another way.
pub(crate) fn bearer_of(state: &State, token: &str, audience: &str) -> Result<String, String> {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|error| error.to_string())?;
    object(state, &HeaderMap::from_iter([(AUTHORIZATION, value)]), audience)
}

/// A token for `audience` for whom `token` was issued to.
pub(crate) fn issue_for(state: &State, token: &str, audience: &str) -> Result<String, String> {
    let options = state.options().azure.clone();
    let client = state.azure().get(token).map(|issued| issued.client_id.clone());
    let application = options.applications.iter().find(|one| Some(&one.client_id) == client.as_ref());
    let application = application.ok_or("the application is unknown")?;
    let issued = state.azure().issue(&options, application, audience, state.clock.seconds());
    state.secrets().push(issued.token.clone());
    Ok(issued.token)
}

/// Whether a host is that of a storage account.
pub(crate) fn is_storage(host: &str) -> bool {
    host.ends_with(".blob.core.windows.net")
}

/// The host that a client believes to talk to.
pub(crate) fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}
