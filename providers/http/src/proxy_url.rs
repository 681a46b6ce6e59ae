//! The address of a proxy, which may hold a password.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use url::Url;

/// The URL of an HTTP proxy, such as `http://proxy.acme.dev:3128`, with a user name and password if it wants them.
///
/// Its `Debug` and `Display` show host and port alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
pub struct ProxyUrl(#[schemars(with = "String")] Url);

impl ProxyUrl {
    /// The whole URL, for the HTTP client alone.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for ProxyUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // `host:port` alone is common in HTTPS_PROXY, and means HTTP.
        let whole = if text.contains("://") { text } else { &format!("http://{text}") };
        let url = Url::parse(whole).map_err(|_| wrong("is not a URL"))?;
        match url.scheme() {
            "http" | "https" => Ok(Self(url)),
            scheme => Err(wrong(&format!("begins with {scheme}, but only HTTP proxies are spoken to"))),
        }
    }
}

/// The text itself stays out of the message: what does not parse may still hold a password.
fn wrong(what: &str) -> String {
    format!("the proxy's address {what}; write it like \"http://proxy.acme.dev:3128\"")
}

impl TryFrom<String> for ProxyUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())?;
        self.0.port_or_known_default().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let proxy: ProxyUrl = "http://me:hunter2@proxy.acme.dev:3128/".parse().unwrap();
        assert_eq!(format!("{proxy} {proxy:?}"), "proxy.acme.dev:3128 proxy.acme.dev:3128");
    }

    #[test]
    fn a_host_and_port_mean_http() {
        assert_eq!("proxy:3128".parse::<ProxyUrl>().unwrap().as_str(), "http://proxy:3128/");
    }

    #[test]
    fn what_is_no_http_proxy_is_refused_without_repeating_it() {
        for text in ["socks5://me:hunter2@host:1", "http://me:hunter2@:80", "http://me:hunter2@ho st", ""] {
            let message = text.parse::<ProxyUrl>().unwrap_err();
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
