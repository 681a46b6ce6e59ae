//! The one HTTP and TLS stack that every provider and token source shares.
//!
//! Clients are made here and nowhere else, so that time limits, proxies, private certificate authorities and the
//! wording of network errors are the same for all. There is one TLS library (rustls), one crypto provider (ring),
//! no OpenSSL; `deny.toml` and a test hold it. Redirects are not followed: a token goes where the config says.

mod alias;
mod client;
mod failure;
mod greeting;
mod pem;
mod proxy_url;
mod tls;

use evercred_core::Surroundings;

pub use alias::Alias;
pub use client::{ClientOptions, Http};
pub use failure::network_failure;
pub use greeting::greet;
pub use proxy_url::ProxyUrl;

/// What a provider or token source is built with, besides its own config.
#[derive(Debug, Clone)]
pub struct BuildContext {
    /// The machine.
    pub surroundings: Surroundings,
    /// The HTTP clients.
    pub http: Http,
}
