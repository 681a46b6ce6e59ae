//! The config of an Azure login, and the provider built from it.

use std::sync::Arc;

use evercred_core::{Audience, BuildError, Configured, Provider};
use evercred_http::{BuildContext, ClientOptions, ProxyUrl};
use serde::Deserialize;

use crate::authority::Authority;
use crate::cloud::Cloud;
use crate::provider::Azure;
use crate::settings::Settings;
use crate::subscriptions::ResourceManager;

/// A login to Microsoft Entra as an application, or as a managed identity, by a federated credential.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AzureLogin")]
pub struct Config {
    /// The tenant: its ID or one of its domains. By default from `AZURE_TENANT_ID`.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// The client ID of the application or of the managed identity that trusts this machine's ID tokens. By default
    /// from `AZURE_CLIENT_ID`.
    #[serde(default)]
    pub client_id: Option<String>,
    /// What to get access tokens for, one request each: resources such as `https://storage.azure.com/`, or scopes,
    /// which end with `/.default`. By default the resource manager of the cloud. With an empty list nothing is
    /// exchanged: outputs with the ID token are written unproven, and there are none with access tokens.
    #[serde(default)]
    pub resources: Option<Vec<String>>,
    /// The cloud. By default the one that `authority_host` belongs to, or else the public one.
    #[serde(default)]
    pub cloud: Option<Cloud>,
    /// Another address for Entra, such as `https://login.acme.dev/`. By default from `AZURE_AUTHORITY_HOST`, or else
    /// that of the cloud.
    #[serde(default)]
    pub authority_host: Option<String>,
    /// Another address for the resource manager, which the output `azure-cli` is given the subscriptions by. By default
    /// that of the cloud.
    #[serde(default)]
    pub resource_manager: Option<String>,
    /// The audience of the ID token; the federated credential must name it. By default
    /// `api://AzureADTokenExchange`, or what the other clouds have in its place.
    #[serde(default)]
    pub audience: Option<Audience>,
    /// A PEM file of certificate authorities to trust besides the system's.
    #[serde(default)]
    pub ca_bundle: Option<String>,
    /// The proxy to use, instead of what `HTTPS_PROXY` and `NO_PROXY` say.
    #[serde(default)]
    pub proxy: Option<ProxyUrl>,
    /// The ID of the tenant that access tokens must be of (`tid`); others are refused before anything is written. By
    /// default `tenant_id`, if that is an ID.
    #[serde(default)]
    pub expected_tenant_id: Option<String>,
    /// The object ID of the service principal that access tokens must be for (`oid`).
    #[serde(default)]
    pub expected_object_id: Option<String>,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn Provider>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let environment = &context.surroundings.environment;
        let settings = Settings::resolve(&self, environment)?;
        let client = context.http.client(&ClientOptions {
            ca_bundle: self.ca_bundle.as_deref().map(|path| environment.expand(path)),
            proxy: self.proxy,
            ..ClientOptions::default()
        })?;
        let manager = ResourceManager::new(&settings, client.clone())?;
        let authority = Authority::new(&settings, client, Arc::clone(&context.surroundings.clock));
        Ok(Arc::new(Azure::new(settings, authority, manager)))
    }
}
