//! The config of a Vault login, and the provider built from it.

use std::sync::Arc;

use evercred_core::{Audience, BuildError, Configured, Provider};
use evercred_http::{BuildContext, ProxyUrl};
use serde::Deserialize;

use crate::provider::Vault;
use crate::server::Server;
use crate::settings::{self, Settings};

/// A login to Vault or OpenBao by the JWT auth method, whose token is kept alive.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VaultLogin")]
pub struct Config {
    /// The server's URL. By default from `BAO_ADDR` or `VAULT_ADDR`.
    #[serde(default)]
    pub address: Option<String>,
    /// Where the JWT auth method is mounted.
    #[serde(default = "jwt")]
    pub mount: String,
    /// The role to log in with. By default the mount's own `default_role`.
    #[serde(default)]
    pub role: Option<String>,
    /// The audience of the ID token; the role's `bound_audiences` must name it.
    #[serde(default = "audience")]
    pub audience: Audience,
    /// The namespace. By default from `BAO_NAMESPACE` or `VAULT_NAMESPACE`, or else the root namespace.
    #[serde(default)]
    pub namespace: Option<String>,
    /// A PEM file of certificate authorities to trust besides the system's. By default from `BAO_CACERT` or
    /// `VAULT_CACERT`.
    #[serde(default)]
    pub ca_bundle: Option<String>,
    /// A folder of such files. By default from `BAO_CAPATH` or `VAULT_CAPATH`.
    #[serde(default)]
    pub ca_path: Option<String>,
    /// A PEM file with a certificate to show to the server. By default from `BAO_CLIENT_CERT` or
    /// `VAULT_CLIENT_CERT`. It is read when evercred starts.
    #[serde(default)]
    pub client_certificate: Option<String>,
    /// The PEM file of that certificate's key, not encrypted. By default from `BAO_CLIENT_KEY` or
    /// `VAULT_CLIENT_KEY`. With systemd's `LoadCredential=` it is `${CREDENTIALS_DIRECTORY}/NAME`.
    #[serde(default)]
    pub client_key: Option<String>,
    /// The name that the server's certificate is for, if it is not the host in `address`. By default from
    /// `BAO_TLS_SERVER_NAME` or `VAULT_TLS_SERVER_NAME`. No proxy is used then.
    #[serde(default)]
    pub tls_server_name: Option<String>,
    /// Whether the token is revoked and taken out of its outputs when `evercred run` is stopped, as `evercred logout`
    /// would. Otherwise it lives on to its end, and an evercred that is started again goes on renewing it.
    #[serde(default)]
    pub revoke_on_exit: bool,
    /// The proxy to use, instead of what `HTTPS_PROXY` and `NO_PROXY` say.
    #[serde(default)]
    pub proxy: Option<ProxyUrl>,
}

fn jwt() -> String {
    "jwt".to_owned()
}

pub(crate) fn audience() -> Audience {
    Audience::new("vault.hashicorp.com")
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn Provider>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        if self.audience.as_str().trim().is_empty() {
            return Err(BuildError::at("audience", "the audience is empty")
                .hint("Set it to one of the role's `bound_audiences`, or leave it out."));
        }
        let mount = settings::path("mount", &self.mount)?;
        let settings = Settings::resolve(&self, &context.surroundings.environment)?;
        let client = context.http.client(&settings.client)?;
        let server = Server::new(&settings, client, Arc::clone(&context.surroundings.clock));
        let vault = Vault::new(server, mount, self.role, (self.audience, settings));
        Ok(Arc::new(vault.ending_on_exit(self.revoke_on_exit)))
    }
}
