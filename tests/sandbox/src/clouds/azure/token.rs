//! The token endpoint: client credentials with an assertion
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::directory::{Application, AzureCloud, AzureOptions};
use super::refusal::Refusal;
use super::{federation, host};
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new().route("/{tenant}/oauth2/v2.0/token", post(answer))
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type Form = BTreeMap<String, String>;

async fn answer(
    Shared(state): Shared<Arc<State>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
    let mut facts = Facts {
        action: form.get("grant_type").cloned(),
        tenant: Some(tenant.clone()),
        client_id: form.get("client_id").cloned(),
        scope: form.get("scope").cloned(),
        token_id: form.get("client_assertion").map(|assertion| token_id(assertion)),
        ..Facts::default()
    };
    match exchange(&state, &tenant, host(&headers), &form, &mut facts) {
        Ok(answer) => (Extension(facts), Json(answer)).into_response(),
        Err(refusal) => {
            facts.error = Some(refusal.code.clone());
            (Extension(facts), refusal.respond(&state, &headers)).into_response()
        }
    }
}

fn exchange(
    state: &State,
    tenant: &str,
    host: &str,
    form: &Form,
    facts: &mut Facts,
) -> Result<Value, Refusal> {
    check_tenant(state, tenant, host)?;
    let options = state.options().azure.clone();
    check_grant(form)?;
    let application = application(&options, text(form, "client_id")?)?;
    let assertion = assertion(form)?;
    facts.audience = federation::verify(state, application, assertion)?;
    let resource = resource(&options, text(form, "scope")?)?;
    let issued = state.azure().issue(&options, application, resource, state.clock.seconds());
    state.secrets().push(issued.token.clone());
    facts.access_token_id = Some(token_id(&issued.token));
    let lifetime = options.access_token_lifetime.as_secs();
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": issued.token,
    }))
}

/// Whether this tenant is known at this host.
pub(super) fn check_tenant(state: &State, tenant: &str, host: &str) -> Result<(), Refusal> {
    let options = state.options();
    let here = &options.azure;
    let known = tenant == here.tenant_id;
    match AzureCloud::of(host) {
        Some(cloud) if known && cloud != here.cloud => Err(wrong_cloud(cloud, here.cloud, tenant)),
        _ if known => Ok(()),
        _ => Err(no_tenant(tenant)),
    }
}

/// The public cloud knows the tenants of the government's, but serves no application of theirs; other clouds know
/// nothing of one another.
fn wrong_cloud(asked: AzureCloud, home: AzureCloud, tenant: &str) -> Refusal {
    if (asked, home) == (AzureCloud::Public, AzureCloud::UsGovernment) {
        return Refusal::new("900382", "Confidential Client is not supported in Cross Cloud request.");
    }
    no_tenant(tenant)
}

fn no_tenant(tenant: &str) -> Refusal {
    Refusal::new(
        "90002",
        format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        ),
    )
}

fn check_grant(form: &Form) -> Result<(), Refusal> {
    match text(form, "grant_type")? {
        "client_credentials" => Ok(()),
        other => {
            Err(Refusal::new("70003", format!("The app requested an unsupported grant type '{other}'.")))
        }
    }
}

fn application<'a>(options: &'a AzureOptions, client_id: &str) -> Result<&'a Application, Refusal> {
    options.applications.iter().find(|application| application.client_id == client_id).ok_or_else(|| {
        Refusal::new(
            "700016",
            format!(
                "Application with identifier '{client_id}' was not found in the directory '{}'. This can happen if \
                 the application has not been installed by the administrator of the tenant or consented to by any \
                 user in the tenant. You may have sent your authentication request to the wrong tenant.",
                options.tenant_id
            ),
        )
    })
}

fn assertion(form: &Form) -> Result<&str, Refusal> {
    if form.contains_key("client_secret") {
        return Err(Refusal::new(
            "7000215",
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app.",
        ));
    }
    match (form.get("client_assertion_type").map(String::as_str), form.get("client_assertion")) {
        (Some(JWT_BEARER), Some(assertion)) => Ok(assertion),
        _ => Err(Refusal::new(
            "7000216",
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )),
    }
}

/// What a scope names: a resource and all that the application may do there.
fn resource<'a>(options: &AzureOptions, scope: &'a str) -> Result<&'a str, Refusal> {
    let Some(resource) = scope.strip_suffix("/.default").filter(|_| !scope.contains(' ')) else {
        return Err(Refusal::new(
            "1002012",
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
                 with /.default suffixed to the resource identifier (application ID URI)."
            ),
        ));
    };
    if options.resources.iter().any(|known| known == resource.trim_end_matches('/')) {
        return Ok(resource);
    }
    Err(Refusal::new(
        "500011",
        format!(
            "The resource principal named {resource} was not found in the tenant named {}. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant. You might have sent your authentication request to the wrong tenant.",
            options.tenant_id
        ),
    ))
}

fn text<'a>(form: &'a Form, name: &str) -> Result<&'a str, Refusal> {
    form.get(name).map(String::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
        Refusal::new("900144", format!("The request body must contain the following parameter: '{name}'."))
    })
}
