//! The platform's signing keys, and the key set it publishes.

use serde::{Deserialize, Serialize};

/// What a key signs with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// ECDSA on P-256; made in no time.
    #[default]
    Es256,
    /// RSA with 2048 bits, which most platforms use; takes a second, once for each process.
    Rs256,
}

/// Which key signs a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// The platform's present key.
    #[default]
    Current,
    /// A key that is not the platform's, under the present key's `kid`: the signature is wrong.
    Impostor,
    /// A key that is not the platform's, under a `kid` that nobody published.
    Unpublished,
}

/// What becomes of the old keys when a new one comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OldKeys {
    /// They stay published, so that tokens they signed stay good.
    Keep,
    /// They go, and their tokens with them.
    Drop,
}
