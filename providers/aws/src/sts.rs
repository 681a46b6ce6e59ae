//! Calls of AWS STS.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_sts::Client;
use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ParamsBuilder, ResolveEndpoint as _};
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{
    BehaviorVersion, Credentials, IdentityCache, Region, StalledStreamProtectionConfig,
};
use aws_sdk_sts::types::PolicyDescriptorType;
use aws_smithy_async::time::TimeSource;
use evercred_core::{Advice, BoxError, Contact, Credential, Failure, Field, WallClock};

use crate::connector::Connector;
use crate::session::Session;
use crate::settings::Settings;

/// AWS STS in one region or at one endpoint.
#[derive(Debug)]
pub(crate) struct Sts {
    config: aws_sdk_sts::Config,
    clock: Arc<dyn WallClock>,
    place: String,
    http: reqwest::Client,
    /// Where it is, for the SDK to work out.
    params: ParamsBuilder,
}

impl Sts {
    pub(crate) fn new(settings: &Settings, client: reqwest::Client, clock: Arc<dyn WallClock>) -> Self {
        let mut config = aws_sdk_sts::Config::builder();
        config.set_endpoint_url(settings.endpoint_url.clone());
        let config = config
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region.clone()))
            .use_fips(settings.use_fips)
            .http_client(Connector(client.clone()))
            .time_source(SigningClock(clock.clone()))
            .identity_cache(IdentityCache::no_cache())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        let regional = || format!("AWS STS in {}", settings.region);
        let place = settings.endpoint_url.clone().unwrap_or_else(regional);
        Self { config, clock, place, http: client, params: params(settings) }
    }

    pub(crate) async fn greet(&self) -> Contact {
        match self.url().await {
            Ok(url) => evercred_http::greet(&self.http, &url).await,
            Err(error) => {
                let failure =
                    Failure::new("find the endpoint", &self.place, Advice::NeedsAttention).caused_by(error);
                Contact { server: self.place.clone(), outcome: Err(failure) }
            }
        }
    }

    /// Where the SDK would ask.
    async fn url(&self) -> Result<String, BoxError> {
        let params = self.params.clone().build()?;
        Ok(DefaultResolver::new().resolve_endpoint(&params).await?.url().to_owned())
    }

    /// What errors call it.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// For calls that carry their own proof.
    pub(crate) fn unsigned(&self) -> Client {
        Client::from_conf(self.config.clone())
    }

    /// For calls in the name of a session.
    pub(crate) fn signed_by(&self, session: &Session) -> Client {
        self.signed(&session.access_key_id, session.secret_access_key.expose(), session.token.expose())
    }

    /// For calls in the name of a finished credential.
    pub(crate) fn signed_with(&self, credential: &Credential) -> Client {
        let text = |field| credential.field(field).map(evercred_core::Secret::expose).unwrap_or_default();
        self.signed(text(Field::ACCESS_KEY_ID), text(Field::SECRET_ACCESS_KEY), text(Field::SESSION_TOKEN))
    }

    fn signed(&self, key: &str, secret: &str, token: &str) -> Client {
        let credentials = Credentials::new(key, secret, Some(token.to_owned()), None, "evercred");
        Client::from_conf(self.config.to_builder().credentials_provider(credentials).build())
    }
}

/// A duration as STS takes it.
pub(crate) fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// Managed policies as STS takes them.
pub(crate) fn descriptors(arns: &[String]) -> Option<Vec<PolicyDescriptorType>> {
    let describe = |arn: &String| PolicyDescriptorType::builder().arn(arn).build();
    (!arns.is_empty()).then(|| arns.iter().map(describe).collect())
}

/// What the SDK finds the endpoint by.
fn params(settings: &Settings) -> ParamsBuilder {
    Params::builder()
        .region(settings.region.clone())
        .use_fips(settings.use_fips)
        .set_endpoint(settings.endpoint_url.clone())
}

/// The injected clock, for the dates of signatures.
#[derive(Debug)]
struct SigningClock(Arc<dyn WallClock>);

impl TimeSource for SigningClock {
    fn now(&self) -> SystemTime {
        self.0.now()
    }
}
