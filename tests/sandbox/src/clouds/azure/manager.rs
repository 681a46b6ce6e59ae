//! Azure Resource Manager: as much as `az` needs to log in and to list.
//! <https://learn.microsoft.com/rest/api/resources/>

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde_json::{Value, json};

use super::access::Issued;
use super::directory::{AzureOptions, Subscription};
use super::host;
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/subscriptions", get(subscriptions))
        .route("/subscriptions/{id}", get(subscription))
        .route("/subscriptions/{id}/resourcegroups", get(resource_groups))
        .route("/tenants", get(tenants))
        .route("/metadata/endpoints", get(endpoints))
}

async fn subscriptions(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    answer(&state, &headers, |options, seen| {
        let all: Vec<Value> = seen.iter().map(|one| describe(options, one)).collect();
        Ok(json!({"count": {"type": "Total", "value": all.len()}, "value": all}))
    })
}

async fn subscription(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&state, &headers, |options, seen| find(seen, &id).map(|found| describe(options, found)))
}

async fn resource_groups(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&state, &headers, |_, seen| {
        let names = &find(seen, &id)?.resource_groups;
        let groups = names.iter().map(|name| {
            json!({
                "id": format!("/subscriptions/{id}/resourceGroups/{name}"),
                "name": name,
                "type": "Microsoft.Resources/resourceGroups",
                "location": "westeurope",
                "properties": {"provisioningState": "Succeeded"},
            })
        });
        Ok(json!({"value": groups.collect::<Vec<_>>()}))
    })
}

async fn tenants(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    answer(&state, &headers, |options, _| {
        let id = &options.tenant_id;
        Ok(json!({"value": [{
            "id": format!("/tenants/{id}"),
            "tenantId": id,
            "tenantCategory": "Home",
            "displayName": "Sandbox",
            "defaultDomain": "sandbox.onmicrosoft.com",
        }]}))
    })
}

/// What the cloud is made of, for clients that are told only of its Resource Manager. It asks for no token.
async fn endpoints(headers: HeaderMap) -> Json<Value> {
    let here = format!("https://{}", host(&headers));
    let suffixes = json!({
        "storage": "core.windows.net",
        "keyVaultDns": "vault.azure.net",
        "acrLoginServer": "azurecr.io",
        "sqlServerHostname": "database.windows.net",
    });
    Json(json!([{
        "name": "AzureCloud",
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": here,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": "https://graph.windows.net/",
        "graphAudience": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "resourceManager": here,
        "suffixes": suffixes,
    }]))
}

/// What Resource Manager says when it says no.
pub(crate) fn refuse(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}

type Refused = (u16, &'static str, String);

fn answer(
    state: &State,
    headers: &HeaderMap,
    respond: impl FnOnce(&AzureOptions, &[Subscription]) -> Result<Value, Refused>,
) -> Response {
    let mut facts = Facts::default();
    let options = state.options().azure.clone();
    let checked = check_bearer(state, headers, AUDIENCES, &mut facts).and_then(|issued| {
        let application = options.applications.iter().find(|one| one.client_id == issued.client_id);
        respond(&options, application.map(|one| one.subscriptions.as_slice()).unwrap_or_default())
    });
    match checked {
        Ok(value) => (Extension(facts), Json(value)).into_response(),
        Err((status, code, message)) => {
            facts.error = Some(code.to_owned());
            let mut response = (Extension(facts), refuse(status, code, &message)).into_response();
            challenge(&mut response, status, &options);
            response
        }
    }
}

fn challenge(response: &mut Response, status: u16, options: &AzureOptions) {
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.microsoftonline.com/{}\", error=\"invalid_token\"",
        options.tenant_id
    );
    if let Ok(value) = challenge.parse()
        && status == 401
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
}

/// The audiences that Resource Manager goes by, in all clouds.
const AUDIENCES: &[&str] = &[
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://management.core.chinacloudapi.cn",
];

/// The request's access token, if it was issued for one of `audiences` and has not ended.
pub(super) fn check_bearer(
    state: &State,
    headers: &HeaderMap,
    audiences: &[&str],
    facts: &mut Facts,
) -> Result<Issued, Refused> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = given.and_then(|value| value.strip_prefix("Bearer ")) else {
        let message = "Authentication failed. The 'Authorization' header is missing.";
        return Err((401, "AuthenticationFailed", message.to_owned()));
    };
    facts.access_token_id = Some(token_id(token));
    let issued = state.azure().get(token).cloned();
    let Some(issued) = issued else {
        return Err((401, "InvalidAuthenticationToken", "The access token is invalid.".to_owned()));
    };
    let now = state.clock.seconds();
    if issued.expires_at <= now {
        let message = format!(
            "The access token expiry UTC time '{}' is earlier than current UTC time '{now}'.",
            issued.expires_at
        );
        return Err((401, "ExpiredAuthenticationToken", message));
    }
    if audiences.contains(&issued.audience.trim_end_matches('/')) {
        return Ok(issued);
    }
    let message = format!(
        "The access token has been obtained for wrong audience or resource '{}'. It should exactly match with one of \
         the allowed audiences '{}'.",
        issued.audience,
        audiences.join("','")
    );
    Err((401, "InvalidAuthenticationTokenAudience", message))
}

fn find<'a>(seen: &'a [Subscription], id: &str) -> Result<&'a Subscription, Refused> {
    let found = seen.iter().find(|subscription| subscription.id == id);
    found.ok_or_else(|| (404, "SubscriptionNotFound", format!("The subscription '{id}' could not be found.")))
}

fn describe(options: &AzureOptions, subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": options.tenant_id,
        "displayName": subscription.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}
