//! Digests, for telling whether something is still what it was without keeping it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of `bytes` (FIPS 180-4) as text that also fits into a file name: base64url without padding.
pub(crate) fn of(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes.as_ref()))
}
