//! `vault-api`: an address at which programs ask Vault or OpenBao, with a token that is always good.
//!
//! No client of Vault reads its token twice, and some only know `VAULT_ADDR`. They are given an address of this machine,
//! and a key in the place of a token; both stay the same for as long as evercred is configured so, while the login's
//! token behind them is renewed and replaced. See [`VaultApi`] for what is passed on.

use std::path::Path;
use std::sync::Arc;

use evercred_core::{BuildError, Configured, Credential, Environment, Failure, Field};
use schemars::JsonSchema;
use serde::Deserialize;

use super::endpoint_files::{KeyFile, url, utf8};
use super::env_file::is_plain;
use super::whole_file::target;
use super::{Output, OutputContext};
use crate::endpoints::{Key, VaultApi};
use crate::files::Target;
use crate::serve::Listen;

/// An address on this machine for programs that can only be given one: what they ask there goes to the login's server,
/// with the login's token, which they never see. They present a key of evercred's as their token (`VAULT_ADDR` and
/// `VAULT_TOKEN` in the env file). Only `evercred run` and `evercred up` answer there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// A loopback address with a port; or `unix:` and the absolute path of a socket for this user alone, which `bao` and
    /// `vault` can ask, too, and hvac cannot.
    listen: Listen,
    /// Pass on requests that write, too: whoever has the key may then do all that the login's policies allow. Otherwise
    /// only GET, HEAD, LIST and SCAN are passed on. Tokens are not revoked from here in either case.
    allow_writes: bool,
    /// Where the file with the key is, absolute or with `~/`; `LOGIN.vault-api.key` in the state folder if not set. In
    /// `~/.vault-token`, clients find it without `VAULT_TOKEN`.
    key_file: Option<String>,
    /// Where the file with the variables is, for shells, systemd and Docker, absolute or with `~/`;
    /// `LOGIN.vault-api.env` in the state folder if not set. It has the key in it.
    env_file: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        let listen = Listen::Loopback(([127, 0, 0, 1], 7314).into());
        Self { listen, allow_writes: false, key_file: None, env_file: None }
    }
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let address = match &self.listen {
            Listen::Socket(path) => format!("unix://{}", utf8(path)?),
            Listen::Loopback(_) => url(&self.listen)?,
        };
        if !is_plain(&address) {
            let message = format!("{address} has characters that shells and Docker read differently");
            return Err(BuildError::at("listen", message)
                .hint("Choose a path of letters, digits and `_ - . /` only."));
        }
        let key = Key::new(target(self.key_file.as_deref(), None, "vault-api.key", context)?);
        let variables = target(self.env_file.as_deref(), None, "vault-api.env", context)?;
        let endpoint = Arc::new(VaultApi::new(self.listen, Arc::clone(&key), self.allow_writes));
        let file = KeyFile {
            key: Arc::clone(&key),
            needs: vec![Field::VAULT_TOKEN],
            endpoint,
            shadows,
            surroundings: (context.login(), context.environment.clone()),
        };
        Ok(vec![Box::new(file), Box::new(Variables { target: variables, address, key })])
    }
}

/// bao's own variables.
fn shadows(_: &str, environment: &Environment, _: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
    let set = [("BAO_ADDR", "VAULT_ADDR"), ("BAO_TOKEN", "VAULT_TOKEN")].into_iter();
    let set = set.filter(|(name, _)| environment.get(name).is_some());
    set.map(|(name, ours)| {
        format!(
            "{name} is set in the environment, and bao takes it rather than {ours} of evercred's: unset it."
        )
    })
    .collect()
}

/// The file of variables.
#[derive(Debug)]
struct Variables {
    target: Target,
    address: String,
    key: Arc<Key>,
}

impl Output for Variables {
    fn target(&self) -> &Target {
        &self.target
    }

    fn needs(&self) -> &[Field] {
        &[]
    }

    /// The file of the key was rendered before, so that it is known.
    fn render(&self, _: &Credential, _: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        let mut file = format!("VAULT_ADDR={}\nVAULT_TOKEN=", self.address).into_bytes();
        file.extend(self.key.render(None)?);
        file.push(b'\n');
        Ok(file)
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        Some(current.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, credential, text};
    use super::*;

    #[test]
    fn the_variables_have_the_address_and_the_key_of_the_key_file() {
        let outputs = Config::default().build(&context()).unwrap();
        let key = text(outputs[0].render(&credential(), None).unwrap());
        let variables = text(outputs[1].render(&credential(), None).unwrap());
        assert_eq!(variables, format!("VAULT_ADDR=http://127.0.0.1:7314\nVAULT_TOKEN={key}\n"));
        assert_eq!(outputs[0].needs(), [Field::VAULT_TOKEN]);
    }

    #[test]
    fn a_socket_is_an_address_as_vaults_clients_write_it() {
        let listen = "unix:/run/user/1000/vault.sock".parse().unwrap();
        let outputs = Config { listen, ..Config::default() }.build(&context()).unwrap();
        let variables = text(outputs[1].render(&credential(), None).unwrap());
        assert!(variables.starts_with("VAULT_ADDR=unix:///run/user/1000/vault.sock\n"), "{variables}");
    }
}
