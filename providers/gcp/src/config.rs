//! The config of a Google Cloud login, and the provider built from it.

use std::sync::Arc;

use evercred_core::{Audience, BuildError, Configured, HumanDuration, Provider};
use evercred_http::{BuildContext, ClientOptions, ProxyUrl};
use serde::Deserialize;

use crate::provider::Gcp;
use crate::settings::Settings;
use crate::{ProjectNumber, ServiceAccount};

/// A login to Google Cloud by workload identity federation, whose access token is kept fresh.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GcpLogin")]
pub struct Config {
    /// The provider in the pool that trusts this machine's ID tokens: its full name, as
    /// `gcloud iam workload-identity-pools providers list` shows it, such as
    /// `projects/123456789012/locations/global/workloadIdentityPools/POOL/providers/NAME`, or
    /// `locations/global/workforcePools/POOL/providers/NAME`; or its short name, beside `pool` and `project_number`.
    pub provider: String,
    /// The short name of the pool, if `provider` is a short name.
    #[serde(default)]
    pub pool: Option<String>,
    /// The number of the pool's project, if `provider` is a short name. It is not the project's id.
    #[serde(default)]
    pub project_number: Option<ProjectNumber>,
    /// The email address of the service account to speak for. Without it, the pool's own identity gets the token, and
    /// permissions must be granted to that.
    #[serde(default)]
    pub service_account: Option<ServiceAccount>,
    /// Service accounts to go through on the way to `service_account`, each of which may make tokens for the next.
    #[serde(default)]
    pub delegates: Vec<ServiceAccount>,
    /// How long a token of the service account lasts, from 10m to 12h. By default 1h. More than that needs the
    /// organisation's leave; where that is missing, 1h is taken.
    #[serde(default)]
    pub lifetime: Option<HumanDuration>,
    /// What the access token may be used for. By default everything that the identity may do
    /// (`https://www.googleapis.com/auth/cloud-platform`).
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// The audience of the ID token. By default `https://iam.googleapis.com/` and the full name of the provider; a
    /// provider that was set up with allowed audiences takes only those. A workforce provider takes its client ID.
    #[serde(default)]
    pub audience: Option<Audience>,
    /// The project that requests are billed to; for workforce pools, and needed there.
    #[serde(default)]
    pub user_project: Option<String>,
    /// The audience of a token that Google signs for the service account, such as the URL of a Cloud Run service. It
    /// is the field `service_account_id_token` of the credential then.
    #[serde(default)]
    pub id_token_audience: Option<String>,
    /// The id of the project that programs work in, for outputs that name one. By default the project of the service
    /// account.
    #[serde(default)]
    pub project: Option<String>,
    /// The id of the project that the service account must belong to; for configs that are made from a template.
    #[serde(default)]
    pub expected_project: Option<String>,
    /// Whether Google's own library has to obtain a token, from the very settings that programs will read, before
    /// anything is written. It costs a second exchange each time. It takes certificate authorities from
    /// `SSL_CERT_FILE` and proxies from `HTTPS_PROXY` alone.
    #[serde(default)]
    pub verify: bool,
    /// The domain of another cloud that runs Google's services.
    #[serde(default)]
    pub universe_domain: Option<String>,
    /// Another address for the Security Token Service than `https://sts.googleapis.com`.
    #[serde(default)]
    pub sts_endpoint: Option<String>,
    /// Another address for the IAM Credentials service than `https://iamcredentials.googleapis.com`.
    #[serde(default)]
    pub iam_credentials_endpoint: Option<String>,
    /// A PEM file of certificate authorities to trust besides the system's. Programs that exchange the ID token by
    /// themselves do not see it.
    #[serde(default)]
    pub ca_bundle: Option<String>,
    /// The proxy to use, instead of what `HTTPS_PROXY` and `NO_PROXY` say. Programs that exchange the ID token by
    /// themselves do not see it.
    #[serde(default)]
    pub proxy: Option<ProxyUrl>,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn Provider>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let settings = Settings::resolve(&self)?;
        let options = ClientOptions {
            ca_bundle: self.ca_bundle.as_deref().map(|path| context.surroundings.environment.expand(path)),
            proxy: self.proxy,
            ..ClientOptions::default()
        };
        let client = context.http.client(&options)?;
        Ok(Arc::new(Gcp::new(settings, client, Arc::clone(&context.surroundings.clock))))
    }
}
