//! The tokens that logins keep for the helper, and which of them fits.

use std::cmp::Reverse;
use std::path::Path;

use url::Url;

use crate::files;
use crate::outputs::{HelperToken, TOKEN_HELPER_EXTENSION};

/// All of them, those that can be read.
pub(super) fn tokens(state_folder: &Path) -> Vec<HelperToken> {
    let entries = state_folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let is_one = |path: &Path| path.to_str().is_some_and(|path| path.ends_with(TOKEN_HELPER_EXTENSION));
    let paths = entries.map(|entry| entry.path()).filter(|path| is_one(path));
    let token = |path: &Path| {
        let mut token: HelperToken = serde_json::from_slice(&files::read(path).ok()??).ok()?;
        token.address = canonical(&token.address);
        (!token.token.is_empty()).then_some(token)
    };
    paths.filter_map(|path| token(&path)).collect()
}

/// The one for a server and a namespace on it.
pub(super) fn best<'t>(tokens: &'t [HelperToken], address: &str, namespace: &str) -> Option<&'t HelperToken> {
    tokens.iter().filter(|token| token.address == address).min_by_key(|token| {
        let name = token.login.split_once('.').map_or("", |(_, name)| name);
        (Reverse(nearness(&token.namespace, namespace)), name != "default", &token.login)
    })
}

/// How deep in `namespace` a login's own one lies: its length, if it is that one or above it; `None` elsewhere.
fn nearness(own: &str, namespace: &str) -> Option<usize> {
    let rest = namespace.strip_prefix(own)?;
    (own.is_empty() || rest.is_empty() || rest.starts_with('/')).then_some(own.len())
}

/// The same server is written in the same way.
pub(super) fn canonical(address: &str) -> String {
    let address = address.trim();
    let url = Url::parse(address).map_or_else(|_| address.to_owned(), String::from);
    url.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use evercred_core::Secret;

    use super::*;

    fn token(login: &str, address: &str, namespace: &str) -> HelperToken {
        let [login, address, namespace] = [login, address, namespace].map(str::to_owned);
        HelperToken { login, address: canonical(&address), namespace, token: Secret::new("s.token") }
    }

    fn login<'t>(tokens: &'t [HelperToken], address: &str, namespace: &str) -> Option<&'t str> {
        best(tokens, &canonical(address), namespace).map(|token| token.login.as_str())
    }

    #[test]
    fn the_nearest_namespace_counts_before_the_name() {
        let tokens = [
            token("vault.default", "https://one:8200", ""),
            token("vault.team", "https://one:8200", "team"),
            token("vault.dev", "https://one:8200", "team/dev"),
            token("vault.alone", "https://two", "x"),
        ];
        let cases = [
            ("", "vault.default"),
            ("other", "vault.default"),
            ("team", "vault.team"),
            ("team/prod", "vault.team"),
            ("teams", "vault.default"),
            ("team/dev/a", "vault.dev"),
        ];
        for (namespace, expected) in cases {
            assert_eq!(login(&tokens, "https://one:8200", namespace), Some(expected), "{namespace}");
        }
        assert_eq!(login(&tokens, "https://two", ""), Some("vault.alone"), "nothing else could be meant");
        assert_eq!(login(&tokens, "https://three", ""), None);
    }

    #[test]
    fn of_several_the_default_one_counts_and_then_the_first() {
        let mut tokens = vec![token("vault.b", "http://one", ""), token("vault.default", "http://one", "")];
        assert_eq!(login(&tokens, "http://one", ""), Some("vault.default"));
        tokens[1].login = "vault.c".to_owned();
        assert_eq!(login(&tokens, "http://one", ""), Some("vault.b"));
    }

    #[test]
    fn one_server_may_be_written_in_several_ways() {
        let tokens = [token("vault.default", "https://Vault.acme.dev:443/", "")];
        assert!(login(&tokens, "https://vault.acme.dev", "").is_some());
        assert!(login(&tokens, "http://vault.acme.dev:443", "").is_none());
        assert!(login(&tokens, "https://vault.acme.dev/other", "").is_none());
    }
}
