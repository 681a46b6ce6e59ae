//! The subscriptions that a login sees, for `az`, which knows of none that is not in its own file.
//!
//! One request to the resource manager ([Subscriptions - List]), or more if there are many. The list rarely changes, so
//! while nobody answers the last one counts.
//!
//! [Subscriptions - List]: https://learn.microsoft.com/rest/api/resources/subscriptions/list

use std::fmt;
use std::sync::{Mutex, PoisonError};

use evercred_core::{Advice, BuildError, Failure, Secret};
use evercred_http::network_failure;
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::resource::Resource;
use crate::settings::Settings;

const OPERATION: &str = "list the subscriptions";
/// The version of the API that `az` uses.
const VERSION: &str = "2022-12-01";
/// So many pages nobody has.
const MOST_PAGES: usize = 50;
/// A page of 50 subscriptions takes some 30 kilobytes.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// The resource manager of a cloud.
pub(crate) struct ResourceManager {
    client: reqwest::Client,
    url: Url,
    resource: Resource,
    last: Mutex<Option<Secret>>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Subscription>,
    #[serde(rename = "nextLink")]
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    #[serde(rename = "subscriptionId")]
    id: String,
    display_name: String,
    state: String,
    tenant_id: Option<String>,
    #[serde(default)]
    managed_by_tenants: Vec<Value>,
}

impl ResourceManager {
    pub(crate) fn new(settings: &Settings, client: reqwest::Client) -> Result<Self, BuildError> {
        let resource = Resource::parse(settings.cloud.resource_manager())?;
        Ok(Self { client, url: settings.resource_manager.clone(), resource, last: Mutex::default() })
    }

    /// What an access token for it is for.
    pub(crate) fn resource(&self) -> &Resource {
        &self.resource
    }

    /// All subscriptions, as JSON.
    pub(crate) async fn subscriptions(&self, token: &Secret) -> Result<Secret, Failure> {
        match self.list(token).await {
            Ok(list) => {
                let list = Secret::new(Value::from(list).to_string());
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(list.clone());
                Ok(list)
            }
            Err(failure) => {
                let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
                last.ok_or_else(|| failure.conceal([token]))
            }
        }
    }

    async fn list(&self, token: &Secret) -> Result<Vec<Value>, Failure> {
        let mut url = self.url.clone();
        url.set_path("subscriptions");
        url.set_query(Some(&format!("api-version={VERSION}")));
        let mut list = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = self.page(url, token).await?;
            list.extend(page.value.iter().map(described));
            let Some(next) = page.next.filter(|next| !next.is_empty()) else { break };
            // The token goes nowhere else, whatever the answer says.
            let next = Url::parse(&next).ok().filter(|next| next.origin() == self.url.origin());
            url = next.ok_or_else(|| self.not_understood())?;
        }
        Ok(list)
    }

    async fn page(&self, url: Url, token: &Secret) -> Result<Page, Failure> {
        let broken = |error| network_failure(OPERATION, self.place(), error);
        let request = self.client.get(url).header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        let mut response = request.send().await.map_err(broken)?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(broken)? {
            if body.len() + part.len() > LONGEST_ANSWER {
                return Err(self.not_understood());
            }
            body.extend_from_slice(&part);
        }
        if !response.status().is_success() {
            return Err(self.refused(response.status().as_u16(), &body));
        }
        serde_json::from_slice(&body).map_err(|_| self.not_understood())
    }

    fn refused(&self, status: u16, body: &[u8]) -> Failure {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let said = |key: &str| answer["error"][key].as_str().unwrap_or_default().to_owned();
        let may_pass = matches!(status, 408 | 429 | 500..);
        let failure = Failure::new(
            OPERATION,
            self.place(),
            if may_pass { Advice::RETRY } else { Advice::NeedsAttention },
        );
        let failure = if said("message").is_empty() { failure } else { failure.message(said("message")) };
        let code =
            Some(said("code")).filter(|code| !code.is_empty()).unwrap_or(format!("HTTP status {status}"));
        failure
            .code(code)
            .hint("Check `cloud`, `resource_manager`, and the proxy variables (HTTPS_PROXY, NO_PROXY).")
    }

    fn not_understood(&self) -> Failure {
        Failure::new(OPERATION, self.place(), Advice::RETRY)
            .message("the answer is not one of Azure Resource Manager")
            .hint("Check `resource_manager` and the proxy variables (HTTPS_PROXY, NO_PROXY).")
    }

    fn place(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

impl fmt::Debug for ResourceManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's own Debug would show the passwords of proxies.
        f.debug_struct("ResourceManager").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// What `az` keeps of a subscription, in its words.
fn described(one: &Subscription) -> Value {
    let managers: Vec<Value> =
        one.managed_by_tenants.iter().map(|tenant| json!({"tenantId": tenant["tenantId"]})).collect();
    json!({
        "id": one.id,
        "name": one.display_name,
        "state": one.state,
        "homeTenantId": one.tenant_id,
        "managedByTenants": managers,
    })
}
