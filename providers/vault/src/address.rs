//! The server's address, checked: the client underneath panics on one that is not a URL.

use url::Url;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    url: Url,
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|_| "is not a URL".to_owned())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("begins with {}, but only http and https are spoken", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("holds a user name, which Vault does not take".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("goes on after its path".to_owned());
        }
        Ok(Self { url })
    }

    /// As programs write it into `VAULT_ADDR`.
    pub(crate) fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_matches(['[', ']'])
    }

    /// The URL without its path, with another host name if TLS asks for one.
    pub(crate) fn base(&self, name: Option<&str>) -> Url {
        let mut base = self.url.clone();
        base.set_path("");
        if let Some(name) = name {
            // A name that is no host was refused before.
            let _ = base.set_host(Some(name));
        }
        base
    }

    /// What comes before each path: a server behind a path prefix has its API version after that. The client
    /// underneath puts the version before the prefix if the prefix is a part of its base.
    pub(crate) fn version(&self) -> String {
        let prefix = self.url.path().trim_matches('/');
        if prefix.is_empty() { "v1".to_owned() } else { format!("{prefix}/v1") }
    }

    /// Whether tokens would cross a network in the clear.
    pub(crate) fn is_cleartext(&self) -> bool {
        let host = self.host();
        let is_local = host == "localhost" || host.starts_with("127.") || host == "::1";
        self.url.scheme() == "http" && !is_local
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_prefix_goes_before_the_version() {
        let address = Address::parse("https://acme.dev/vault/").unwrap();
        assert_eq!(
            (address.base(None).as_str(), address.version().as_str()),
            ("https://acme.dev/", "vault/v1")
        );
        assert_eq!(address.as_str(), "https://acme.dev/vault");
        assert_eq!(Address::parse("http://[::1]:8200").unwrap().version(), "v1");
    }

    #[test]
    fn another_name_takes_the_place_of_the_host_alone() {
        let address = Address::parse("https://127.0.0.1:8200").unwrap();
        assert_eq!(address.base(Some("vault.acme.dev")).as_str(), "https://vault.acme.dev:8200/");
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for text in
            ["", "vault.acme.dev", "vault:8200", "unix:///run/vault", "https://me:x@h", "https://h/?a"]
        {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_a_remote_http_address_is_cleartext() {
        let cleartext = |text| Address::parse(text).unwrap().is_cleartext();
        assert!(cleartext("http://vault:8200"));
        for text in ["https://vault", "http://localhost:8200", "http://[::1]:8200", "http://127.0.0.1:8200"] {
            assert!(!cleartext(text), "{text}");
        }
    }
}
