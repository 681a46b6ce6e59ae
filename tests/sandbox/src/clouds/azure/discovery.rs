//! What clients ask Entra before they ask for a token: OpenID Connect discovery, its keys, and which hosts are the
//! same authority.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{host, token};
use crate::state::State;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(configuration))
        .route("/{tenant}/discovery/v2.0/keys", get(keys))
        .route("/common/discovery/instance", get(instance))
}

async fn configuration(
    Shared(state): Shared<Arc<State>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    // These two are no tenants, but work.
    if !["common", "organizations"].contains(&tenant.as_str())
        && let Err(refusal) = token::check_tenant(&state, &tenant, host(&headers))
    {
        return refusal.respond(&state, &headers);
    }
    let authority = format!("https://{}/{tenant}", host(&headers));
    let document = json!({
        "token_endpoint": format!("{authority}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{authority}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": format!("{authority}/v2.0"),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": format!("{authority}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{authority}/oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{authority}/oauth2/v2.0/logout"),
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
    });
    Json(document).into_response()
}

async fn keys(Shared(state): Shared<Arc<State>>, Path(_): Path<String>) -> Response {
    Json(state.azure().keys()).into_response()
}

async fn instance(headers: HeaderMap) -> Json<Value> {
    let alike = |hosts: &[&str]| json!({"preferred_network": hosts[0], "preferred_cache": hosts[hosts.len() - 1], "aliases": hosts});
    Json(json!({
        "tenant_discovery_endpoint": format!("https://{}/common/v2.0/.well-known/openid-configuration", host(&headers)),
        "api-version": "1.1",
        "metadata": [
            alike(&["login.microsoftonline.com", "login.microsoft.com", "sts.windows.net", "login.windows.net"]),
            alike(&["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"]),
            alike(&["login.microsoftonline.us", "login.usgovcloudapi.net"]),
        ],
    }))
}
