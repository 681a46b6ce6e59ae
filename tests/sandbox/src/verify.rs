//! How a cloud verifies a token of the platform.
//!
//! It promises: three parts, an algorithm and a `kid` of a *published* key, a signature that this key made
//! (checked by `jsonwebtoken`), the platform's issuer, and `exp` and `nbf` against the sandbox's clock without
//! leeway. Audience and subject are each cloud's own business. It leaves out fetching the keys over the network:
//! a fault of the group `idp` stands for that.

use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::fault::Group;
use crate::state::State;

/// The claims of a token that is good.
#[derive(Debug)]
pub(crate) struct Claims(Map<String, Value>);

/// Why a token is no good.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    NotAToken,
    UnknownIssuer(String),
    MissingClaim(&'static str),
    /// The platform cannot be reached.
    NoAnswer,
    /// The platform answers, but there is no such key.
    NoKey,
    BadSignature,
    Expired {
        now: i64,
        expired_at: i64,
    },
    NotYetValid {
        valid_from: i64,
    },
}

/// Verifies everything but the audience.
pub(crate) fn verify(state: &State, token: &str) -> Result<Claims, Rejection> {
    let (claims, key_id) = decode(token).ok_or(Rejection::NotAToken)?;
    let issuer = claims.text("iss").ok_or(Rejection::MissingClaim("iss"))?;
    if issuer != state.issuer() {
        return Err(Rejection::UnknownIssuer(issuer.to_owned()));
    }
    check_signature(state, token, key_id.as_deref())?;
    check_times(&claims, state.clock.seconds())?;
    Ok(claims)
}

/// What a token says of itself, for a cloud that looks at that first. It proves nothing.
pub(crate) fn unverified(token: &str) -> Option<Claims> {
    decode(token).map(|(claims, _)| claims)
}

/// The claims, and the `kid` of the key that is said to have signed them.
fn decode(token: &str) -> Option<(Claims, Option<String>)> {
    let decoded = jsonwebtoken::dangerous::insecure_decode::<Map<String, Value>>(token).ok()?;
    Some((Claims(decoded.claims), decoded.header.kid))
}

fn check_signature(state: &State, token: &str, key_id: Option<&str>) -> Result<(), Rejection> {
    if let Some(fault) = state.faults.standing(Group::Idp) {
        return Err(if fault.hides_the_host() { Rejection::NoAnswer } else { Rejection::NoKey });
    }
    let published = state.keys().published();
    let key = key_id.and_then(|id| published.find(id)).ok_or(Rejection::NoKey)?;
    let algorithm = state.options().algorithm;
    let mut validation = Validation::new(algorithm.into());
    // The times are checked by the sandbox's own clock, and the audience by each cloud.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoding = DecodingKey::from_jwk(key).map_err(|_| Rejection::NoKey)?;
    jsonwebtoken::decode::<Map<String, Value>>(token, &decoding, &validation)
        .map(|_| ())
        .map_err(|_| Rejection::BadSignature)
}

fn check_times(claims: &Claims, now: i64) -> Result<(), Rejection> {
    let expired_at = claims.seconds("exp").ok_or(Rejection::MissingClaim("exp"))?;
    if expired_at <= now {
        return Err(Rejection::Expired { now, expired_at });
    }
    match claims.seconds("nbf") {
        Some(valid_from) if valid_from > now => Err(Rejection::NotYetValid { valid_from }),
        _ => Ok(()),
    }
}

impl Claims {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// `aud`, be it a string or a list.
    pub(crate) fn audience(&self) -> Vec<String> {
        match self.0.get("aud") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => {
                several.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn seconds(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }
}
