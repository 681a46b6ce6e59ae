//! A certificate authority of the sandbox's own, and one certificate for every name that it answers to.
//!
//! Tools with fixed hosts reach the sandbox through its tunnel (`tunnel.rs`) and find these names there. Both last
//! for ever, so that a client may live at any time.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

/// Every name that a client may call the sandbox by.
const NAMES: &[&str] = &[
    "localhost",
    "127.0.0.1",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "management.azure.com",
    "management.usgovcloudapi.net",
    "management.chinacloudapi.cn",
    "graph.microsoft.com",
    "*.blob.core.windows.net",
    "*.googleapis.com",
    "api.ecr.us-east-1.amazonaws.com",
    "*.dkr.ecr.eu-west-1.amazonaws.com",
    "public.ecr.aws",
    "gcr.io",
    "europe-docker.pkg.dev",
    "acme.azurecr.io",
    "git-codecommit.eu-west-1.amazonaws.com",
    "source.developers.google.com",
    "dev.azure.com",
];

/// The authority's certificate, and what answers with the other one.
pub(crate) struct Tls {
    pub(crate) authority: String,
    pub(crate) acceptor: TlsAcceptor,
}

impl Tls {
    pub(crate) fn new() -> io::Result<Self> {
        let authority_key = KeyPair::generate().map_err(io::Error::other)?;
        let parameters = authority()?;
        let authority = parameters.self_signed(&authority_key).map_err(io::Error::other)?;
        let issuer = Issuer::from_params(&parameters, &authority_key);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = leaf()?.signed_by(&key, &issuer).map_err(io::Error::other)?;
        let chain = vec![certificate.der().clone(), authority.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        Ok(Self { authority: authority.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

fn authority() -> io::Result<CertificateParams> {
    let mut parameters = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.distinguished_name.push(DnType::CommonName, "Sandbox authority");
    Ok(parameters)
}

fn leaf() -> io::Result<CertificateParams> {
    let names: Vec<String> = NAMES.iter().map(|&name| name.to_owned()).collect();
    let mut parameters = CertificateParams::new(names).map_err(io::Error::other)?;
    parameters.distinguished_name.push(DnType::CommonName, "Sandbox");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict verifiers ask for it.
    parameters.use_authority_key_identifier_extension = true;
    Ok(parameters)
}
