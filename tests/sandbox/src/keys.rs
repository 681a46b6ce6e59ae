//! The platform's signing keys, and the key set it publishes (RFC 7517).

use std::io;
use std::sync::{Mutex, PoisonError};

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{EncodingKey, Header};
use p256::pkcs8::EncodePrivateKey;
use rand::rngs::OsRng;
use rsa::pkcs1::EncodeRsaPrivateKey;
use serde::{Deserialize, Serialize};

use crate::random;

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

/// The keys of one platform, in the order in which they were made.
pub(crate) struct KeyRing {
    algorithm: Algorithm,
    made: usize,
    current: Key,
    old: Vec<Key>,
    impostor: Option<Key>,
}

struct Key {
    id: String,
    signing: EncodingKey,
    public: Jwk,
}

impl KeyRing {
    pub(crate) fn new(algorithm: Algorithm) -> io::Result<Self> {
        let current = Key::generate(algorithm, 0)?;
        Ok(Self { algorithm, made: 1, current, old: Vec::new(), impostor: None })
    }

    /// Signs with a new key from now on.
    pub(crate) fn rotate(&mut self, old: OldKeys) -> io::Result<()> {
        let new = self.generate()?;
        let previous = std::mem::replace(&mut self.current, new);
        match old {
            OldKeys::Keep => self.old.push(previous),
            OldKeys::Drop => self.old.clear(),
        }
        Ok(())
    }

    /// What the platform publishes: every key that is still good.
    pub(crate) fn published(&self) -> JwkSet {
        let keys = std::iter::once(&self.current).chain(&self.old);
        JwkSet { keys: keys.map(|key| key.public.clone()).collect() }
    }

    /// The header that a token by `signer` has, and the key that signs it.
    pub(crate) fn signer(&mut self, signer: Signer) -> io::Result<(Header, EncodingKey)> {
        if signer != Signer::Current && self.impostor.is_none() {
            self.impostor = Some(self.generate()?);
        }
        let key = match (signer, &self.impostor) {
            (Signer::Impostor | Signer::Unpublished, Some(impostor)) => impostor,
            _ => &self.current,
        };
        let named = if signer == Signer::Unpublished { &key.id } else { &self.current.id };
        let header = Header { kid: Some(named.clone()), ..Header::new(self.algorithm.into()) };
        Ok((header, key.signing.clone()))
    }

    fn generate(&mut self) -> io::Result<Key> {
        let key = Key::generate(self.algorithm, self.made)?;
        self.made += 1;
        Ok(key)
    }
}

impl Key {
    fn generate(algorithm: Algorithm, number: usize) -> io::Result<Self> {
        let signing = match algorithm {
            Algorithm::Es256 => {
                let secret = p256::SecretKey::random(&mut OsRng);
                EncodingKey::from_ec_der(secret.to_pkcs8_der().map_err(io::Error::other)?.as_bytes())
            }
            Algorithm::Rs256 => EncodingKey::from_rsa_der(&rsa_key(number)?),
        };
        let id = random::letters(20);
        let mut public = Jwk::from_encoding_key(&signing, algorithm.into()).map_err(io::Error::other)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { id, signing, public })
    }
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => Self::ES256,
            Algorithm::Rs256 => Self::RS256,
        }
    }
}

/// RSA keys are so slow to make that the sandboxes of a process share them: the n-th key of each is the same one,
/// under another `kid`.
static RSA_KEYS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

fn rsa_key(number: usize) -> io::Result<Vec<u8>> {
    let mut keys = RSA_KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    while keys.len() <= number {
        let key = rsa::RsaPrivateKey::new(&mut OsRng, 2048).map_err(io::Error::other)?;
        keys.push(key.to_pkcs1_der().map_err(io::Error::other)?.as_bytes().to_vec());
    }
    Ok(keys[number].clone())
}
