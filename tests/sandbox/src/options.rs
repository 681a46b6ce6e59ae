//! What a sandbox is set up with, and what a test may change while it runs.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::clouds::aws::AwsOptions;
use crate::clouds::azure::AzureOptions;
use crate::keys::Algorithm;
use crate::tokens::Shape;

/// The set-up of a [`crate::Sandbox`]. The default is useful as it is: tokens of one hour for the audience
/// `sts.amazonaws.com`, and the AWS roles of [`AwsOptions`].
#[derive(Debug, Clone)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// What the platform's keys are made for. RSA keys take a second to make, once for each process.
    pub algorithm: Algorithm,
    /// The platform.
    pub platform: PlatformOptions,
    /// AWS STS.
    pub aws: AwsOptions,
    /// Entra and Azure.
    pub azure: AzureOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            algorithm: Algorithm::Es256,
            platform: PlatformOptions::default(),
            aws: AwsOptions::default(),
            azure: AzureOptions::default(),
        }
    }
}

/// The platform's side: whom its ID tokens speak for, and the bearer tokens its routes ask for.
#[derive(Debug, Clone)]
pub struct PlatformOptions {
    /// How long the ID tokens of all routes live.
    pub token_lifetime: Duration,
    /// Claims that replace those of every ID token a route hands out; `null` removes a claim.
    pub claims: Map<String, Value>,
    /// The workspace that the supervisor says it is.
    pub workspace_id: String,
    /// The `gitpodApi.host` that the supervisor answers; `None` means the sandbox's own `127.0.0.1:port`.
    pub api_host: Option<String>,
    /// The bearer token that the supervisor hands out and the Gitpod API asks for.
    pub supervisor_token: String,
    /// The bearer token of an Ona environment.
    pub ona_token: String,
    /// The token shape of the Ona route.
    pub ona_shape: Shape,
    /// The bearer token of the GitHub Actions route.
    pub github_token: String,
}

impl Default for PlatformOptions {
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_hours(1),
            claims: Map::new(),
            workspace_id: "acme-app-3k2jx9q8w1z".to_owned(),
            api_host: None,
            supervisor_token: "sandbox-supervisor-token".to_owned(),
            ona_token: DEFAULT_ONA_TOKEN.to_owned(),
            ona_shape: Shape::OnaV3,
            github_token: "sandbox-github-request-token".to_owned(),
        }
    }
}

/// The bearer token that the `ona` stand-in sends unless its environment names another.
pub(crate) const DEFAULT_ONA_TOKEN: &str = "sandbox-environment-token";
