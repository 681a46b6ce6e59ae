//! One server, and the calls of it that a login makes.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{Contact, Secret, WallClock};
use reqwest::Client;
use rustify::Endpoint as _;
use rustify::clients::reqwest::Client as Connection;
use url::Url;
use vaultrs::api::{AuthInfo, EndpointMiddleware};
use vaultrs::client::{VaultClient, VaultClientSettings};
use vaultrs::error::ClientError;

use crate::logical::{self, Ask};
use crate::login::{Answer, Login};
use crate::settings::Settings;

/// A server and a namespace on it.
pub(crate) struct Server {
    settings: VaultClientSettings,
    version: String,
    http: Client,
    clock: Arc<dyn WallClock>,
    place: String,
}

impl Server {
    pub(crate) fn new(settings: &Settings, http: Client, clock: Arc<dyn WallClock>) -> Self {
        let address = &settings.address;
        let base = address.base(settings.client.alias.as_ref().map(|alias| alias.name.as_str()));
        let place = match &settings.namespace {
            Some(namespace) => format!("{}, namespace {namespace}", address.as_str()),
            None => address.as_str().to_owned(),
        };
        let version = address.version();
        Self { settings: vaultrs_settings(base, settings.namespace.clone()), version, http, clock, place }
    }

    /// What it is called in failures.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) async fn greet(&self) -> Contact {
        // Any answer will do; this is a path that needs no token.
        let url =
            self.settings.address.join("v1/sys/health").unwrap_or_else(|_| self.settings.address.clone());
        evercred_http::greet(&self.http, url.as_str()).await
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    pub(crate) async fn log_in(&self, login: Login<'_>) -> Result<Answer, ClientError> {
        let client = self.client("");
        let answer = login.with_middleware(&client.middle).exec(&client.http).await?;
        Ok(answer.parse()?)
    }

    /// Asks for as long a life as the role gives, from now.
    pub(crate) async fn renew(&self, token: &Secret) -> Result<AuthInfo, ClientError> {
        vaultrs::token::renew_self(&self.client(token.expose()), None).await
    }

    /// Ends the token, and with it what was leased with it.
    pub(crate) async fn revoke(&self, token: &Secret) -> Result<(), ClientError> {
        vaultrs::token::revoke_self(&self.client(token.expose())).await
    }

    /// Reads or writes at a path.
    pub(crate) async fn ask(&self, token: &Secret, ask: Ask<'_>) -> Result<logical::Answer, ClientError> {
        let client = self.client(token.expose());
        Ok(ask.with_middleware(&client.middle).exec(&client.http).await?.parse()?)
    }

    /// Asks for as long a life as the lease had at first, from now.
    pub(crate) async fn renew_lease(
        &self,
        token: &Secret,
        lease_id: &str,
    ) -> Result<logical::Answer, ClientError> {
        let client = self.client(token.expose());
        let renew = logical::Renew { lease_id };
        Ok(renew.with_middleware(&client.middle).exec(&client.http).await?.parse()?)
    }

    /// Fails if the token is not known.
    pub(crate) async fn look_up(&self, token: &Secret) -> Result<(), ClientError> {
        vaultrs::token::lookup_self(&self.client(token.expose())).await.map(drop)
    }

    /// The URL that paths of the API are appended to.
    pub(crate) fn api(&self) -> Url {
        let mut url = self.settings.address.clone();
        url.set_path(&self.version);
        url
    }

    pub(crate) fn http(&self) -> &Client {
        &self.http
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.settings.namespace.as_deref()
    }

    /// `token` must be [usable](is_usable), or the client panics.
    fn client(&self, token: &str) -> VaultClient {
        let middle = EndpointMiddleware {
            token: token.to_owned(),
            version: self.version.clone(),
            wrap: None,
            namespace: self.settings.namespace.clone(),
        };
        let http = Connection::new(self.settings.address.as_str(), self.http.clone());
        VaultClient { http, middle, settings: self.settings.clone() }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's own types would show tokens and proxies.
        f.debug_struct("Server").field("place", &self.place).finish_non_exhaustive()
    }
}

/// Whether a token can stand in a header.
pub(crate) fn is_usable(token: &Secret) -> bool {
    !token.is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic())
}

/// What vaultrs would make an HTTP client of its own with. Its builder is not used, since it reads the environment
/// of the process.
fn vaultrs_settings(base: Url, namespace: Option<String>) -> VaultClientSettings {
    VaultClientSettings {
        address: base,
        ca_certs: Vec::new(),
        identity: None,
        timeout: None,
        token: String::new(),
        verify: true,
        version: 1,
        wrapping: false,
        namespace,
        proxy: None,
    }
}
