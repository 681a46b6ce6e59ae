//! Certificates and keys from PEM files, each problem an error of the key that named the file.

use std::path::Path;

use evercred_core::BuildError;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::tls::Identity;

/// The certificates of a bundle; there must be one.
pub(crate) fn bundle(path: &Path) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let found = certificates(path).map_err(|what| {
        BuildError::at("ca_bundle", what).hint("It must be a PEM file with one or more certificates.")
    })?;
    if found.is_empty() {
        let what = format!("{} holds no certificate", path.display());
        return Err(
            BuildError::at("ca_bundle", what).hint("It must be a PEM file with one or more certificates.")
        );
    }
    Ok(found)
}

/// The certificates of all files in a folder. What is no certificate is passed over, for such folders hold hashes
/// and lists as well; but there must be one.
pub(crate) fn folder(path: &Path) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let problem = |what: String| {
        BuildError::at("ca_path", what).hint("It must be a folder with certificates in PEM files.")
    };
    let entries = std::fs::read_dir(path)
        .map_err(|error| problem(format!("{} cannot be read: {error}", path.display())))?;
    let files = entries.filter_map(Result::ok).map(|entry| entry.path());
    let found: Vec<_> = files.filter_map(|file| certificates(&file).ok()).flatten().collect();
    if found.is_empty() {
        return Err(problem(format!("{} holds no certificate", path.display())));
    }
    Ok(found)
}

/// A client's certificate and its key.
pub(crate) fn identity(certificate: &Path, key: &Path) -> Result<Identity, BuildError> {
    let pem = read(key).map_err(|what| BuildError::at("client_key", what).hint(KEY))?;
    let chain =
        certificates(certificate).map_err(|what| BuildError::at("client_certificate", what).hint(CHAIN))?;
    match PrivateKeyDer::from_pem_slice(&pem) {
        Ok(key) if !chain.is_empty() => Ok((chain, key)),
        _ => Err(no_identity(certificate, key)),
    }
}

/// The two files are not what a client shows.
pub(crate) fn no_identity(certificate: &Path, key: &Path) -> BuildError {
    let what = format!("{} and {} are not a certificate and its key", certificate.display(), key.display());
    BuildError::at("client_certificate", what).hint(format!("{CHAIN} {KEY}"))
}

const CHAIN: &str = "It must be a PEM file with the certificate first and those that vouch for it after it.";
const KEY: &str = "The key must be in a PEM file of its own, and not encrypted.";

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<_, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    found.map_err(|_| format!("{} is not a PEM bundle", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}
