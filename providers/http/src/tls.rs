//! TLS: whom a client trusts, and what it shows of itself.
//!
//! The system's authorities are some hundred files, and reading them takes longer than everything else that a program
//! does before its first request. So they are read when the first handshake begins, by a thread of its own, while the
//! server makes its answer; whoever talks to nobody, or without TLS, reads none.

use std::fmt;
use std::sync::{Arc, Once, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// A certificate with its chain, and its key.
pub(crate) type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The TLS of a client that trusts the system's authorities and `further` ones.
pub(crate) fn config(
    further: Vec<CertificateDer<'static>>,
    identity: Option<Identity>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let authorities = Authorities::new(further, Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(authorities));
    match identity {
        Some((chain, key)) => config.with_client_auth_cert(chain, key),
        None => Ok(config.with_no_client_auth()),
    }
}

/// Verifies with the system's authorities, and further ones.
struct Authorities {
    provider: Arc<CryptoProvider>,
    read: Arc<Reading>,
    begun: Once,
}

/// The platform's verifier, once it has read them.
struct Reading {
    further: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
    verifier: OnceLock<Result<Verifier, Error>>,
}

impl Authorities {
    /// That one of the `further` ones is no authority shows at once.
    fn new(further: Vec<CertificateDer<'static>>, provider: Arc<CryptoProvider>) -> Result<Self, Error> {
        let mut check = RootCertStore::empty();
        further.iter().try_for_each(|certificate| check.add(certificate.clone()))?;
        let read = Reading { further, provider: Arc::clone(&provider), verifier: OnceLock::new() };
        Ok(Self { provider, read: Arc::new(read), begun: Once::new() })
    }

    fn begin_to_read(&self) {
        let reading = Arc::clone(&self.read);
        let thread = std::thread::Builder::new().name("authorities".to_owned());
        // Without a thread, they are read when the server's certificate is there.
        let _ = thread.spawn(move || drop(reading.verifier()));
    }
}

impl Reading {
    fn verifier(&self) -> Result<&Verifier, Error> {
        let read = || Verifier::new_with_extra_roots(self.further.clone(), Arc::clone(&self.provider));
        self.verifier.get_or_init(read).as_ref().map_err(Error::clone)
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorities").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Authorities {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.read.verifier()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.read.verifier()?.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.read.verifier()?.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // A handshake begins with this question.
        self.begun.call_once(|| self.begin_to_read());
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
