//! Google Cloud: the Security Token Service (`/v1/token`, `/v1/introspect`), IAM Credentials
//! (`/v1/projects/-/serviceAccounts/…`), and two APIs that take a bearer token (`/v1/projects`, `/storage/v1/b`,
//! with the objects of one bucket).
//!
//! It verifies what Google verifies. The exchange: the form's fields, the provider (it exists and is enabled), the
//! token (see `verify`), its audience, the attribute condition and mapping, and the subject's 127 bytes; its token
//! dies with the ID token, and after an hour at the latest. Impersonation: the bearer, its scope, every link of the
//! chain of delegates by the bindings of each service account, the lifetime, and the scopes. The APIs: the bearer, its
//! end, and its scope.
//!
//! Mappings and conditions are CEL, read and run by a library, without Google's own functions (`extract`, `join`,
//! `split`). It leaves out: what a principal may do at the APIs (whoever is somebody may list), SAML, AWS and X.509
//! providers, refresh tokens, credential access boundaries, denial policies, the minute of leeway that Google gives
//! clocks, and the minutes that a change takes to reach all of Google.
//!
//! Words of refusals are those that Google's documentation and reports of its users show; where none was found
//! (another grant type, no scope, no `userProject`, an attribute of one's own that cannot be mapped) the error's
//! code is right and its words are ours.
//!
//! <https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>,
//! <https://cloud.google.com/iam/docs/reference/credentials/rest>

mod apis;
mod attributes;
mod bearer;
mod exchange;
mod grants;
mod impersonation;
mod introspection;
mod objects;
mod options;
mod permission;
mod refusal;

use std::sync::Arc;

use axum::Router;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json};
use serde_json::Value;

pub(crate) use self::grants::Grants;
pub(crate) use self::objects::Objects;
pub use self::options::{Binding, GcpOptions, GcpRole, IdentityProvider, ServiceAccount};
pub(crate) use self::refusal::Refusal;
use crate::log::Facts;
use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/v1/token", post(exchange::answer))
        .route("/v1/introspect", post(introspection::answer))
        .route("/v1/projects/{project}/serviceAccounts/{call}", post(impersonation::answer))
        .route("/oauth2/v3/certs", get(impersonation::keys))
        .route("/v1/projects", get(apis::projects))
        .route("/v1/projects/{project}", get(apis::project))
        .route("/storage/v1/b", get(apis::buckets))
        .route("/storage/v1/b/acme-state/o", get(objects::list))
        .route("/storage/v1/b/acme-state/o/{name}", get(objects::about).delete(objects::delete))
        .route("/upload/storage/v1/b/acme-state/o", post(objects::upload))
        .route("/acme-state/{*name}", get(objects::read))
}

/// Whom the bearer of a request speaks for, to somebody outside of Google's APIs.
pub(crate) fn principal(state: &Arc<State>, headers: &HeaderMap) -> Result<String, String> {
    let mut facts = Facts::default();
    let grant = bearer::check(state, headers, &[bearer::EVERYTHING], &mut facts);
    grant.map(|grant| grant.principal.member()).map_err(|trouble| format!("{trouble:?}"))
}

/// The same of a token that came as a password.
pub(crate) fn bearer_of(state: &Arc<State>, token: &str) -> Result<String, String> {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|error| error.to_string())?;
    principal(state, &HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

/// An answer in JSON, and what the log says of it.
fn respond(result: Result<Value, Refusal>, mut facts: Facts) -> Response {
    match result {
        Ok(value) => (Extension(facts), Json(value)).into_response(),
        Err(refusal) => {
            facts.error = Some(refusal.code().to_owned());
            (Extension(facts), refusal).into_response()
        }
    }
}
