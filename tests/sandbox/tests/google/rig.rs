//! A sandbox, and the requests that the tests make of it.

use evercred_sandbox::{IdentityProvider, Mint, Options, Sandbox};
use serde_json::Value;

use crate::http::{Answer, Http};

pub(crate) const CLOUD: &str = "https://www.googleapis.com/auth/cloud-platform";
pub(crate) const PROJECTS: &str = "/v1/projects";
pub(crate) const BUCKETS: &str = "/storage/v1/b?project=acme-dev";

pub(crate) struct Rig {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Http,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self { sandbox: Sandbox::start(Options::default()).unwrap(), http: Http::new() }
    }

    /// A good token for the provider `gitpod`.
    pub(crate) fn good(&self) -> Mint {
        self.own("gitpod")
    }

    /// A good token for a provider.
    pub(crate) fn own(&self, provider: &str) -> Mint {
        Mint::audience(format!("https://iam.googleapis.com/{}", self.sandbox.gcp_provider(provider)))
    }

    pub(crate) fn token(&self) -> String {
        self.sandbox.mint(&self.good())
    }

    pub(crate) fn provide(&self, provider: IdentityProvider) {
        self.sandbox.adjust(|options| {
            options.gcp.providers.retain(|other| other.id != provider.id);
            options.gcp.providers.push(provider);
        });
    }

    /// The answer to the exchange at a provider.
    pub(crate) fn exchange(&self, provider: &str, token: &str) -> Answer {
        let name = self.sandbox.gcp_provider(provider);
        self.exchange_form(&[("audience", &format!("//iam.googleapis.com/{name}")), ("subject_token", token)])
    }

    /// The answer to a good form with some fields replaced.
    pub(crate) fn exchange_form(&self, fields: &[(&str, &str)]) -> Answer {
        let audience = format!("//iam.googleapis.com/{}", self.sandbox.gcp_provider("gitpod"));
        let token = self.token();
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("audience", audience.as_str()),
            ("scope", CLOUD),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
            ("subject_token", token.as_str()),
        ];
        form.retain(|(name, _)| fields.iter().all(|(other, _)| name != other));
        form.extend_from_slice(fields);
        self.http.post_form(&format!("{}/v1/token", self.sandbox.url()), &form)
    }

    pub(crate) fn federated(&self, scope: &str) -> String {
        self.exchange_form(&[("scope", scope)]).token("access_token")
    }

    pub(crate) fn url(&self, account: &str, method: &str) -> String {
        let email = self.sandbox.service_account(account);
        format!("{}/v1/projects/-/serviceAccounts/{email}:{method}", self.sandbox.url())
    }

    pub(crate) fn impersonate(&self, account: &str, token: &str, body: &Value) -> Answer {
        self.http.post_json(&self.url(account, "generateAccessToken"), token, body)
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> Answer {
        self.http.get(&format!("{}{path}", self.sandbox.url()), token)
    }
}
