//! Names and secrets that nobody can guess, in the alphabets of the protocols.

use rand::Rng;
use rand::rngs::OsRng;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// The characters of AWS's identifiers (base 32, RFC 4648).
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8] = b"0123456789abcdef";

/// Small letters and digits.
pub(crate) fn letters(length: usize) -> String {
    from(LETTERS, length)
}

/// Capitals and digits, as in AWS's identifiers.
pub(crate) fn base32(length: usize) -> String {
    from(BASE32, length)
}

/// What a secret looks like.
pub(crate) fn base64(length: usize) -> String {
    from(BASE64, length)
}

/// A random UUID (RFC 9562, version 4).
pub(crate) fn uuid() -> String {
    let part = |length| from(HEX, length);
    format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12))
}

fn from(alphabet: &[u8], length: usize) -> String {
    (0..length).map(|_| char::from(alphabet[OsRng.gen_range(0..alphabet.len())])).collect()
}
