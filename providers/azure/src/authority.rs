//! Entra's token endpoint of one tenant, asked as one client.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::cloud::CustomConfiguration;
use azure_core::credentials::{AccessToken, TokenCredential};
use azure_core::http::{ClientMethodOptions, ClientOptions, RetryOptions, Transport as SdkTransport};
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};
use evercred_core::{Advice, Contact, Failure, IdToken, Secret, WallClock};

use crate::failure::Asked;
use crate::resource::Resource;
use crate::settings::Settings;
use crate::transport::{Heard, Transport};

/// Whom to ask, and as whom.
pub(crate) struct Authority {
    tenant: String,
    client: String,
    host: String,
    place: String,
    http: reqwest::Client,
    clock: Arc<dyn WallClock>,
}

/// An access token.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    pub(crate) expires_at: SystemTime,
    pub(crate) request_id: Option<String>,
}

/// Entra takes no ID token that lives longer.
const LONGEST_LIFE: Duration = Duration::from_hours(25);

impl Authority {
    pub(crate) fn new(settings: &Settings, http: reqwest::Client, clock: Arc<dyn WallClock>) -> Self {
        let host = settings.authority.host_str().unwrap_or_default();
        Self {
            tenant: settings.tenant.clone(),
            client: settings.client.clone(),
            host: settings.authority.to_string(),
            place: settings.authority.port().map_or(host.to_owned(), |port| format!("{host}:{port}")),
            http,
            clock,
        }
    }

    /// What it is called in failures.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) async fn greet(&self) -> Contact {
        evercred_http::greet(&self.http, &self.host).await
    }

    /// The client that asks it, for other hosts of the same login.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Exchanges `token` for an access token for `resource`.
    pub(crate) async fn exchange(&self, token: &IdToken, resource: &Resource) -> Result<Token, Failure> {
        let asked = self.asked(token, resource);
        let transport = Transport::new(self.http.clone());
        let credential = self.credential(token, &transport).map_err(|error| asked.impossible(error))?;
        let answer = credential.get_token(&[&resource.scope], None).await;
        let heard = transport.take();
        match (answer, heard) {
            (Ok(token), Some(Heard::Answer(answer))) if !token.token.secret().is_empty() => {
                Ok(taken(&token, answer.request_id))
            }
            // The error itself holds whatever was answered.
            (_, Some(heard)) => Err(asked.explain(heard).conceal([token.raw()])),
            (Ok(_), None) => Err(asked.not_understood(None)),
            (Err(error), None) => Err(asked.impossible(error)),
        }
    }

    /// Refuses what Entra would refuse without saying why.
    pub(crate) fn check(&self, token: &IdToken) -> Result<(), Failure> {
        let start = token.claims().issued_at().unwrap_or_else(|| self.now());
        let life =
            token.claims().expires_at().and_then(|end| end.duration_since(start).ok()).unwrap_or_default();
        if life <= LONGEST_LIFE {
            return Ok(());
        }
        let (life, longest) = (life.as_secs().div_ceil(3600), LONGEST_LIFE.as_secs() / 3600);
        Err(Failure::new("exchange the ID token", self.place(), Advice::NeedsAttention)
            .message(format!(
                "the ID token lives {life} h, and Entra takes none that lives longer than {longest} h"
            ))
            .hint("Let the token source ask for tokens of an hour or so; they are renewed all the time."))
    }

    /// A new one each time: it answers from a cache of its own.
    fn credential(
        &self,
        token: &IdToken,
        transport: &Transport,
    ) -> azure_core::Result<Arc<ClientAssertionCredential<Assertion>>> {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host.clone_from(&self.host);
        let client_options = ClientOptions {
            transport: Some(SdkTransport::new(Arc::new(transport.clone()))),
            cloud: Some(Arc::new(cloud.into())),
            retry: RetryOptions::none(),
            ..ClientOptions::default()
        };
        let (tenant, client) = (self.tenant.clone(), self.client.clone());
        let options = Some(ClientAssertionCredentialOptions { client_options });
        ClientAssertionCredential::new(tenant, client, Assertion(token.raw().clone()), options)
    }

    fn asked(&self, token: &IdToken, resource: &Resource) -> Asked<'_> {
        let claims = token.claims();
        let unknown = "(none)";
        let words = vec![
            ("{issuer}", claims.issuer().unwrap_or(unknown).to_owned()),
            ("{subject}", claims.subject().unwrap_or(unknown).to_owned()),
            ("{audience}", claims.audiences().join(", ")),
            ("{tenant}", self.tenant.clone()),
            ("{client}", self.client.clone()),
            ("{authority}", self.host.clone()),
            ("{resource}", resource.name.clone()),
        ];
        Asked { place: &self.place, words, now: self.now() }
    }
}

fn taken(token: &AccessToken, request_id: Option<String>) -> Token {
    Token { secret: Secret::new(token.token.secret()), expires_at: token.expires_on.into(), request_id }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's own Debug would show the passwords of proxies.
        f.debug_struct("Authority")
            .field("host", &self.host)
            .field("tenant", &self.tenant)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// The ID token, as the SDK asks for it.
#[derive(Debug)]
struct Assertion(Secret);

#[async_trait::async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.expose().to_owned())
    }
}
