//! A host that is known under another name.
//!
//! For servers whose certificate, or whose proxy, expects another name than the one they are reached by. The URL has
//! the name, so that TLS asks for it and verifies it; only the look-up of its address goes to the host.

use std::str::FromStr;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name as Host};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower_service::Service as _;

/// The `host` that is called `name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alias {
    /// The name, as it stands in URLs and certificates.
    pub name: String,
    /// Where it is: a host name or an IP address.
    pub host: String,
}

impl Resolve for Alias {
    fn resolve(&self, name: Name) -> Resolving {
        let host = if name.as_str() == self.name { &self.host } else { name.as_str() };
        let host = Host::from_str(host);
        Box::pin(async move {
            let found = GaiResolver::new().call(host?).await?;
            Ok(Box::new(found) as Addrs)
        })
    }
}
