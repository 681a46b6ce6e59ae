//! Where to ask, and how to know that it is the right server: our config, or else the variables that the `bao` and
//! `vault` commands obey (<https://openbao.org/docs/commands/#environment-variables>), `BAO_*` before `VAULT_*`.

use std::path::PathBuf;

use evercred_core::{BuildError, Environment};
use evercred_http::{Alias, ClientOptions};

use crate::Config;
use crate::address::Address;

/// What was found.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) address: Address,
    /// Without slashes around it.
    pub(crate) namespace: Option<String>,
    pub(crate) client: ClientOptions,
    /// What the user should know about all this.
    pub(crate) notes: Vec<String>,
}

impl Settings {
    pub(crate) fn resolve(config: &Config, environment: &Environment) -> Result<Self, BuildError> {
        let address = address(config, environment)?;
        let namespace = either(config.namespace.as_ref(), environment, &["BAO_NAMESPACE", "VAULT_NAMESPACE"]);
        let namespace = namespace.map(|text| path("namespace", &text)).transpose()?;
        Ok(Self {
            client: client(config, environment, &address)?,
            notes: notes(&address, environment),
            address,
            namespace: namespace.filter(|namespace| namespace != "root"),
        })
    }
}

fn address(config: &Config, environment: &Environment) -> Result<Address, BuildError> {
    const HINT: &str = "Write it like \"https://vault.acme.dev:8200\".";
    if let Some(text) = &config.address {
        return Address::parse(text)
            .map_err(|what| BuildError::at("address", format!("{text:?} {what}")).hint(HINT));
    }
    let text = environment.first(&["BAO_ADDR", "VAULT_ADDR"]).ok_or_else(|| {
        BuildError::at("address", "missing field `address`, and neither BAO_ADDR nor VAULT_ADDR is set")
            .hint(HINT)
    })?;
    Address::parse(text).map_err(|what| BuildError {
        key: None,
        message: format!("BAO_ADDR or VAULT_ADDR {what}"),
        hint: Some(format!("Correct it, or set `address` in the config. {HINT}")),
    })
}

fn client(
    config: &Config,
    environment: &Environment,
    address: &Address,
) -> Result<ClientOptions, BuildError> {
    let file = |key: &Option<String>, names: [&str; 2]| -> Option<PathBuf> {
        either(key.as_ref(), environment, &names).map(|path| environment.expand(&path))
    };
    Ok(ClientOptions {
        ca_bundle: file(&config.ca_bundle, ["BAO_CACERT", "VAULT_CACERT"]),
        ca_path: file(&config.ca_path, ["BAO_CAPATH", "VAULT_CAPATH"]),
        client_certificate: pair(
            file(&config.client_certificate, ["BAO_CLIENT_CERT", "VAULT_CLIENT_CERT"]),
            file(&config.client_key, ["BAO_CLIENT_KEY", "VAULT_CLIENT_KEY"]),
        )?,
        alias: alias(config, environment, address)?,
        proxy: config.proxy.clone(),
    })
}

fn pair(
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
) -> Result<Option<(PathBuf, PathBuf)>, BuildError> {
    let lone =
        |key, what| Err(BuildError::at(key, what).hint("Name both `client_certificate` and `client_key`."));
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => lone("client_certificate", "there is a client certificate, but no key for it"),
        (None, Some(_)) => lone("client_key", "there is a key, but no client certificate for it"),
    }
}

fn alias(config: &Config, environment: &Environment, address: &Address) -> Result<Option<Alias>, BuildError> {
    let names = ["BAO_TLS_SERVER_NAME", "VAULT_TLS_SERVER_NAME"];
    let Some(name) = either(config.tls_server_name.as_ref(), environment, &names) else { return Ok(None) };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    if !is_name || url::Host::parse(&name).is_err() {
        return Err(BuildError::at("tls_server_name", format!("{name:?} is not a host name"))
            .hint("Write it like \"vault.acme.dev\"."));
    }
    if config.proxy.is_some() {
        return Err(BuildError::at("proxy", "a proxy cannot be used together with `tls_server_name`")
            .hint("Leave one of the two out."));
    }
    Ok(Some(Alias { name: name.to_ascii_lowercase(), host: address.host().to_owned() }))
}

/// A mount or a namespace: segments of a path, without slashes around them.
pub(crate) fn path(key: &'static str, text: &str) -> Result<String, BuildError> {
    segments(text).ok_or_else(|| {
        BuildError::at(key, format!("{text:?} is not a path in Vault"))
            .hint("Write it without `auth/` and without slashes around it, like \"jwt\" or \"team/dev\".")
    })
}

/// The segments of a path, without slashes around them, if all are sound.
pub(crate) fn segments(text: &str) -> Option<String> {
    let path = text.trim_matches('/');
    let sound = |segment: &str| {
        !matches!(segment, "" | "." | "..")
            && segment.bytes().all(|b| b.is_ascii_graphic() && !b"?#%\\".contains(&b))
    };
    path.split('/').all(sound).then(|| path.to_owned())
}

fn notes(address: &Address, environment: &Environment) -> Vec<String> {
    let cleartext = address.is_cleartext().then(|| {
        format!("Tokens go to {} unencrypted, because the address of Vault is an http URL.", address.host())
    });
    let skip = environment.first(&["BAO_SKIP_VERIFY", "VAULT_SKIP_VERIFY"]).filter(|_| address.is_tls());
    let skip = skip.map(|_| {
        "BAO_SKIP_VERIFY and VAULT_SKIP_VERIFY are not obeyed: evercred hands its ID token to verified servers only. \
         Name the server's certificate authority as `ca_bundle`."
            .to_owned()
    });
    cleartext.into_iter().chain(skip).collect()
}

fn either(configured: Option<&String>, environment: &Environment, names: &[&str]) -> Option<String> {
    configured.cloned().or_else(|| environment.first(names).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(config: &str, variables: &[(&str, &str)]) -> Result<Settings, BuildError> {
        let config: Config = serde_json::from_str(config).unwrap();
        Settings::resolve(&config, &variables.iter().copied().collect())
    }

    #[test]
    fn the_config_goes_before_bao_and_bao_before_vault() {
        let variables =
            [("VAULT_ADDR", "https://v"), ("BAO_ADDR", "https://b"), ("VAULT_NAMESPACE", "/team/dev/")];
        let found = resolve("{}", &variables).unwrap();
        assert_eq!((found.address.as_str(), found.namespace.as_deref()), ("https://b", Some("team/dev")));
        let found = resolve(r#"{"address": "https://c", "namespace": "root"}"#, &variables).unwrap();
        assert_eq!((found.address.as_str(), found.namespace), ("https://c", None));
    }

    #[test]
    fn every_mistake_is_an_error_of_its_key() {
        let cases = [
            ("{}", "address"),
            (r#"{"address": "vault"}"#, "address"),
            (r#"{"address": "https://v", "namespace": "a//b"}"#, "namespace"),
            (r#"{"address": "https://v", "client_key": "/key"}"#, "client_key"),
            (r#"{"address": "https://v", "client_certificate": "/chain"}"#, "client_certificate"),
            (r#"{"address": "https://v", "tls_server_name": "a b"}"#, "tls_server_name"),
            (r#"{"address": "https://v", "tls_server_name": "a", "proxy": "http://p"}"#, "proxy"),
        ];
        for (config, key) in cases {
            assert_eq!(resolve(config, &[]).unwrap_err().key, Some(key), "{config}");
        }
    }

    #[test]
    fn what_is_not_obeyed_and_what_is_not_safe_is_said() {
        let skipped = resolve(r#"{"address": "https://v"}"#, &[("VAULT_SKIP_VERIFY", "1")]).unwrap().notes;
        assert!(skipped[0].contains("not obeyed"), "{skipped:?}");
        let cleartext = resolve(r#"{"address": "http://v"}"#, &[("VAULT_SKIP_VERIFY", "1")]).unwrap().notes;
        assert!(cleartext.len() == 1 && cleartext[0].contains("unencrypted"), "{cleartext:?}");
    }
}
