//! AWS STS: the query protocol at `POST /` and `POST /sts`
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/>).
//!
//! It verifies what STS verifies. `AssumeRoleWithWebIdentity`: the lengths and patterns of the parameters, the
//! token (see `verify`), its audience against the provider's client ids, the role's trust policy, the duration
//! against the role's maximum, and the session policy's syntax and size. `AssumeRole` and `GetCallerIdentity`:
//! the signature, version 4, recomputed from the request, the access key, the session token, and its end; then
//! trust policy, external id, session tags, and the hour that chained sessions get.
//!
//! `GetCallerIdentity` may be signed beforehand, in the query of a `GET`. ECR is here, too (`doors.rs`), at the same place.
//! So is S3 (`objects.rs`).
//!
//! It leaves out: the permissions of the session (nothing here could use them), identity policies of the caller
//! (a trust policy that lets the account in lets all its roles in), long-lived access keys, SAML, source
//! identities, and the real packing of policies, for whose size the plain length stands in.

mod account;
mod answer;
mod assume_role;
mod caller_identity;
mod doors;
mod objects;
mod parameters;
mod sessions;
mod signature;
mod trust;
mod web_identity;

use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};

pub use self::account::{AwsOptions, Role};
use self::answer::Answer;
pub(crate) use self::answer::Refusal;
pub(crate) use self::doors::{registry_user, signed_repository};
pub(crate) use self::objects::Objects;
use self::parameters::Parameters;
pub(crate) use self::sessions::Sessions;
use crate::log::Facts;
use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/", post(answer).get(answer))
        .route("/sts", post(answer))
        .route("/sts/", post(answer))
        .route("/s3/{*place}", any(objects::answer))
}

/// A request as a signature sees it.
struct Call<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

async fn answer(
    Shared(state): Shared<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // A request that was signed beforehand has everything in its query.
    let is_presigned = method == Method::GET;
    let parameters =
        Parameters::parse(if is_presigned { uri.query().unwrap_or_default().as_bytes() } else { &body });
    let mut facts = parameters.facts();
    let call = Call { method: &method, uri: &uri, headers: &headers, body: &body };
    if let Some(answer) = doors::answer(&state, &call, &mut facts) {
        return (Extension(facts), answer).into_response();
    }
    match dispatch(&state, &call, &parameters, &mut facts) {
        Ok(answer) => (Extension(facts), answer).into_response(),
        Err(refusal) => {
            facts.error = Some(refusal.code.clone());
            (Extension(facts), refusal).into_response()
        }
    }
}

fn dispatch(
    state: &State,
    call: &Call<'_>,
    parameters: &Parameters,
    facts: &mut Facts,
) -> Result<Answer, Refusal> {
    let version = parameters.get("Version").unwrap_or_default();
    match parameters.get("Action") {
        Some("AssumeRoleWithWebIdentity") if version == VERSION => {
            web_identity::answer(state, parameters, facts)
        }
        Some("AssumeRole") if version == VERSION => assume_role::answer(state, call, parameters, facts),
        Some("GetCallerIdentity") if version == VERSION => caller_identity::answer(state, call, facts),
        Some(other) => Err(Refusal::new(
            400,
            "InvalidAction",
            format!("Could not find operation {other} for version {version}"),
        )),
        None => Err(Refusal::new(400, "MissingAction", "The request must contain the parameter Action")),
    }
}

const VERSION: &str = "2011-06-15";
