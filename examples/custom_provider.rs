//! A provider of your own, complete: config, exchange, and an evercred that knows it.
//!
//! It exchanges the ID token for an API key of an imaginary service by one HTTP request (RFC 8693 in spirit), and is
//! configured as any other login:
//!
//! ```toml
//! [acme.default]
//! url = "https://login.acme.dev/exchange"
//! ```
//!
//! Run it with `cargo run --example custom_provider -- once`; it is evercred with one more provider.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred::registry::{Registry, login};
use evercred_core::{
    Advice, Audience, BoxFuture, BuildError, Configured, Credential, Failure, Field, IdToken, Provider,
    Secret, WallClock,
};
use evercred_http::{BuildContext, ClientOptions, network_failure};

const API_KEY: Field = Field::new("api_key");

/// A login at Acme.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Where ID tokens are exchanged.
    url: String,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn Provider>;

    fn build(self, context: &BuildContext) -> Result<Arc<dyn Provider>, BuildError> {
        let client = context.http.client(&ClientOptions::default())?;
        let clock = Arc::clone(&context.surroundings.clock);
        Ok(Arc::new(Acme { audience: Audience::new("acme"), url: self.url, client, clock }))
    }
}

#[derive(Debug)]
struct Acme {
    audience: Audience,
    url: String,
    client: reqwest::Client,
    clock: Arc<dyn WallClock>,
}

impl Provider for Acme {
    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn provides(&self) -> &[Field] {
        &[API_KEY]
    }

    fn variables(&self) -> &[(&'static str, Field)] {
        &[("ACME_API_KEY", API_KEY)]
    }

    fn exchange<'a>(&'a self, token: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(async move {
            let unreachable = |error| network_failure("exchange the ID token", &self.url, error);
            let answer = self
                .client
                .post(&self.url)
                .bearer_auth(token.raw().expose())
                .send()
                .await
                .map_err(unreachable)?;
            if !answer.status().is_success() {
                let failure = Failure::new("exchange the ID token", &self.url, Advice::NeedsAttention);
                return Err(failure
                    .code(answer.status().to_string())
                    .hint("Ask Acme to trust this token's issuer."));
            }
            let key: (String, u64) = answer.json().await.map_err(unreachable)?;
            Ok(credential(token, key, self.clock.now()))
        })
    }
}

fn credential(token: &IdToken, (key, lives): (String, u64), now: SystemTime) -> Credential {
    let subject = token.claims().subject().unwrap_or_default();
    Credential::new(subject, now)
        .with(API_KEY, Secret::new(key))
        .expiring_at(now + Duration::from_secs(lives))
}

fn main() -> ExitCode {
    evercred::cli::main(&Registry::built_in().with_provider(login::<Config>("acme", &["json"])))
}
