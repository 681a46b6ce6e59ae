//! Making clients, one for each set of options.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use evercred_core::{BuildError, Environment};
use reqwest::{Client, NoProxy, Proxy};
use rustls::{ClientConfig, Error};

use crate::{Alias, ProxyUrl, pem, tls};

/// A connection that has not come about by then will not: a near peer answers in milliseconds.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The whole request. Exchanges take well under a second; the engine retries.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);
/// Refreshes are minutes apart, so a kept connection only costs memory.
const IDLE_LIMIT: Duration = Duration::from_secs(5);

/// What may differ between two clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientOptions {
    /// A PEM file of further certificate authorities to trust, besides the system's.
    pub ca_bundle: Option<PathBuf>,
    /// A folder of such files.
    pub ca_path: Option<PathBuf>,
    /// The PEM files of a certificate, with its chain, and its key, to show to servers that ask for one.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// The one host that is known under another name. No proxy is used then, since it would not know that name.
    pub alias: Option<Alias>,
    /// A proxy for everything, instead of those the environment names.
    pub proxy: Option<ProxyUrl>,
}

/// The source of HTTP clients. Cloning shares it.
#[derive(Clone)]
pub struct Http {
    environment: Environment,
    clients: Arc<Mutex<BTreeMap<ClientOptions, Client>>>,
}

impl Http {
    /// Clients that find their proxies in `environment` (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in
    /// capitals or not), as the cloud SDKs do.
    pub fn new(environment: &Environment) -> Self {
        // Fails only if one is installed already, which is just as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { environment: environment.clone(), clients: Arc::default() }
    }

    /// The client for `options`; equal options share one.
    pub fn client(&self, options: &ClientOptions) -> Result<Client, BuildError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(options) {
            return Ok(client.clone());
        }
        let client = self.build(options)?;
        clients.insert(options.clone(), client.clone());
        Ok(client)
    }

    fn build(&self, options: &ClientOptions) -> Result<Client, BuildError> {
        let mut builder = Client::builder()
            .user_agent(concat!("evercred/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_LIMIT)
            .timeout(REQUEST_LIMIT)
            .pool_idle_timeout(IDLE_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_backend_preconfigured(tls(options)?);
        if let Some(alias) = &options.alias {
            builder = builder.dns_resolver(alias.clone());
        }
        for proxy in self.proxies(options)? {
            builder = builder.proxy(proxy);
        }
        builder.build().map_err(|error| BuildError {
            key: None,
            message: format!("the HTTP client cannot be set up: {error}"),
            hint: None,
        })
    }

    fn proxies(&self, options: &ClientOptions) -> Result<Vec<Proxy>, BuildError> {
        if options.alias.is_some() {
            return Ok(Vec::new());
        }
        if let Some(url) = &options.proxy {
            return Ok(vec![Proxy::all(url.as_str()).map_err(|_| unusable("proxy", url))?]);
        }
        let no_proxy = self.environment.first(&["NO_PROXY", "no_proxy"]).and_then(NoProxy::from_string);
        let mut proxies = Vec::new();
        for (name, make) in PROXY_VARIABLES {
            if let Some(url) = self.proxy_variable(name)? {
                let proxy = make(url.as_str()).map_err(|_| unusable(name, &url))?;
                proxies.push(proxy.no_proxy(no_proxy.clone()));
            }
        }
        Ok(proxies)
    }

    fn proxy_variable(&self, name: &'static str) -> Result<Option<ProxyUrl>, BuildError> {
        let lower = name.to_ascii_lowercase();
        // Under a CGI server, HTTP_PROXY is the request header `Proxy`, which anybody can send (CVE-2016-5385).
        let trusted = name != "HTTP_PROXY" || self.environment.get("REQUEST_METHOD").is_none();
        let text = self.environment.get(&lower).or_else(|| self.environment.get(name).filter(|_| trusted));
        text.map(str::parse).transpose().map_err(|message: String| BuildError {
            key: None,
            message: format!("{name} cannot be used: {message}"),
            hint: Some(format!("Correct or unset {name}, or set `proxy` in the config.")),
        })
    }
}

fn tls(options: &ClientOptions) -> Result<ClientConfig, BuildError> {
    let bundle = options.ca_bundle.as_deref().map(pem::bundle).transpose()?;
    let folder = options.ca_path.as_deref().map(pem::folder).transpose()?;
    let further = [bundle, folder].into_iter().flatten().flatten().collect();
    let files = options.client_certificate.as_ref();
    let identity = files.map(|(certificate, key)| pem::identity(certificate, key)).transpose()?;
    tls::config(further, identity).map_err(|error| match files {
        Some((certificate, key)) if !matches!(error, Error::InvalidCertificate(_)) => {
            pem::no_identity(certificate, key)
        }
        _ => BuildError {
            key: None,
            message: format!("a certificate authority cannot be used: {error}"),
            hint: Some("Look at `ca_bundle` and `ca_path`.".to_owned()),
        },
    })
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The clients' own Debug would show the passwords of proxies.
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

type MakeProxy = fn(&str) -> reqwest::Result<Proxy>;

/// In the order in which they are asked: a scheme's own variable goes before `ALL_PROXY`.
const PROXY_VARIABLES: [(&str, MakeProxy); 3] = [
    ("HTTPS_PROXY", |url| Proxy::https(url)),
    ("HTTP_PROXY", |url| Proxy::http(url)),
    ("ALL_PROXY", |url| Proxy::all(url)),
];

fn unusable(name: &str, url: &ProxyUrl) -> BuildError {
    BuildError {
        key: (name == "proxy").then_some("proxy"),
        message: format!("the proxy {url} cannot be used"),
        hint: Some("Write it like \"http://proxy.acme.dev:3128\".".to_owned()),
    }
}
