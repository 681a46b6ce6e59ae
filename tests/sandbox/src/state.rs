//! All that a sandbox knows; it outlives the server, so that a stopped sandbox comes back as it was.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::clouds::{aws, azure, gcp};
use crate::fault::Faults;
use crate::keys::KeyRing;
use crate::log::Log;
use crate::options::Options;
use crate::tls::Tls;

/// Where the doors are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) plain: SocketAddr,
    pub(crate) secure: SocketAddr,
    pub(crate) tunnel: SocketAddr,
}

pub(crate) struct State {
    /// `127.0.0.1:port`, in plain HTTP.
    pub(crate) address: String,
    /// `127.0.0.1:port`, under TLS.
    pub(crate) secure_address: String,
    /// `127.0.0.1:port`, the proxy.
    pub(crate) tunnel_address: String,
    pub(crate) tls: Tls,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    options: Mutex<Options>,
    keys: Mutex<KeyRing>,
    aws: Mutex<aws::Sessions>,
    azure: Mutex<azure::AccessTokens>,
    blobs: Mutex<azure::Blobs>,
    objects: Mutex<aws::Objects>,
    google_objects: Mutex<gcp::Objects>,
    gcp: Mutex<gcp::Grants>,
    secrets: Mutex<Vec<String>>,
}

impl State {
    pub(crate) fn new(addresses: &Addresses, options: Options) -> io::Result<Self> {
        Ok(Self {
            address: addresses.plain.to_string(),
            secure_address: addresses.secure.to_string(),
            tunnel_address: addresses.tunnel.to_string(),
            tls: Tls::new()?,
            clock: Clock::default(),
            faults: Faults::default(),
            log: Log::default(),
            keys: Mutex::new(KeyRing::new(options.algorithm)?),
            options: Mutex::new(options),
            aws: Mutex::default(),
            azure: Mutex::new(azure::AccessTokens::new()?),
            blobs: Mutex::default(),
            objects: Mutex::default(),
            google_objects: Mutex::default(),
            gcp: Mutex::default(),
            secrets: Mutex::default(),
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn https_url(&self) -> String {
        format!("https://{}", self.secure_address)
    }

    pub(crate) fn proxy_url(&self) -> String {
        format!("http://{}", self.tunnel_address)
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}/idp", self.url())
    }

    pub(crate) fn github_request_url(&self) -> String {
        format!("{}/github/oidc/token?api-version=2.0", self.url())
    }

    pub(crate) fn options(&self) -> MutexGuard<'_, Options> {
        lock(&self.options)
    }

    pub(crate) fn keys(&self) -> MutexGuard<'_, KeyRing> {
        lock(&self.keys)
    }

    /// Everything secret that was handed out, for whoever looks for it where it must not be.
    pub(crate) fn secrets(&self) -> MutexGuard<'_, Vec<String>> {
        lock(&self.secrets)
    }

    pub(crate) fn aws(&self) -> MutexGuard<'_, aws::Sessions> {
        lock(&self.aws)
    }

    pub(crate) fn azure(&self) -> MutexGuard<'_, azure::AccessTokens> {
        lock(&self.azure)
    }

    pub(crate) fn objects(&self) -> MutexGuard<'_, aws::Objects> {
        lock(&self.objects)
    }

    pub(crate) fn google_objects(&self) -> MutexGuard<'_, gcp::Objects> {
        lock(&self.google_objects)
    }

    pub(crate) fn blobs(&self) -> MutexGuard<'_, azure::Blobs> {
        lock(&self.blobs)
    }

    pub(crate) fn gcp(&self) -> MutexGuard<'_, gcp::Grants> {
        lock(&self.gcp)
    }

    /// Ends every session of every cloud.
    pub(crate) fn revoke(&self) {
        self.aws().revoke();
        self.azure().revoke();
        self.gcp().revoke();
    }
}

/// Locks; a test that panicked while it held the lock has failed already, and says why itself.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
