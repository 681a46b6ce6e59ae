//! ID tokens: parsing, and the checks that are ours to make.
//!
//! The signature is the relying party's business (OpenID Connect Core §3.1.3.7); a token is read here only to tell
//! the user early, and in plain words, what the relying party would refuse.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::Secret;

/// The relying party that a token is meant for, the `aud` claim.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Audience(String);

impl Audience {
    /// An audience by name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An OIDC ID token: the compact JWT as minted, and its claims.
#[derive(Clone)]
pub struct IdToken {
    raw: Secret,
    header: Map<String, Value>,
    claims: Claims,
}

/// The claims of a token. They are not secret; the token is.
#[derive(Debug, Clone)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Who minted the token (`iss`).
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// Whom the token speaks for (`sub`).
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// Every audience; the claim may be a string or a list (RFC 7519 §4.1.3).
    pub fn audiences(&self) -> Vec<&str> {
        match self.0.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// When the token ends (`exp`).
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.instant("exp")
    }

    /// When the token was minted (`iat`).
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.instant("iat")
    }

    /// A claim that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// All claims as they stand in the token.
    pub fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A claim that is an instant (RFC 7519 §2, `NumericDate`).
    pub fn instant(&self, name: &str) -> Option<SystemTime> {
        let seconds = self.0.get(name)?.as_f64()?;
        let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(since_epoch)
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

/// Why a token is not usable. Each variant names the claim or the part at fault, and none holds the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There was nothing, or only white space.
    #[error("the token is empty")]
    Empty,
    /// Not three parts joined by dots.
    #[error("the token has {0} parts where a JWT has 3 (header, payload, signature)")]
    Parts(usize),
    /// A part is not base64url.
    #[error("the {0} of the token is not base64url")]
    Encoding(&'static str),
    /// A part is not a JSON object.
    #[error("the {0} of the token is not a JSON object")]
    Json(&'static str),
    /// A claim that every ID token has is missing or of the wrong type.
    #[error("the token has no usable `{0}` claim")]
    Missing(&'static str),
    /// The token is for another relying party.
    #[error("the token's `aud` is {found:?}, but {wanted:?} was asked for")]
    Audience {
        /// What was asked for.
        wanted: String,
        /// What the token says.
        found: Vec<String>,
    },
    /// The token has ended already.
    #[error("the token's `exp` passed {} s ago", ago.as_secs())]
    Expired {
        /// How long ago.
        ago: Duration,
    },
    /// The token was minted in our future: one of two clocks is wrong.
    #[error("the token's `iat` lies {} s in the future, so this machine's clock is slow or the issuer's is fast", ahead.as_secs())]
    FromTheFuture {
        /// How far ahead.
        ahead: Duration,
    },
}

impl IdToken {
    /// How far `iat` may lie ahead: what relying parties commonly forgive.
    pub const LEEWAY: Duration = Duration::from_mins(1);

    /// Reads a compact JWT; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        let parts: Vec<&str> = text.split('.').collect();
        let &[header, payload, signature] = parts.as_slice() else {
            return Err(TokenError::Parts(parts.len()));
        };
        URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Encoding("signature"))?;
        Ok(Self {
            header: decode(header, "header")?,
            claims: Claims(decode(payload, "payload")?),
            raw: Secret::new(text),
        })
    }

    /// Checks what the relying party would refuse in any case: the audience, the end, and a start in the future.
    pub fn check(&self, wanted: &Audience, now: SystemTime) -> Result<(), TokenError> {
        let found = self.claims.audiences();
        if !found.contains(&wanted.as_str()) {
            let found = found.into_iter().map(str::to_owned).collect();
            return Err(TokenError::Audience { wanted: wanted.0.clone(), found });
        }
        if let Ok(ago) = now.duration_since(self.expires_at()?) {
            return Err(TokenError::Expired { ago });
        }
        let issued_at = self.claims.issued_at().unwrap_or(now);
        match issued_at.duration_since(now) {
            Ok(ahead) if ahead > Self::LEEWAY => Err(TokenError::FromTheFuture { ahead }),
            _ => Ok(()),
        }
    }

    /// The compact JWT. It may go to the relying party or into an output, nowhere else.
    pub fn raw(&self) -> &Secret {
        &self.raw
    }

    /// The header's parameters.
    pub fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The claims.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// When the token ends; every ID token says so (OpenID Connect Core §2).
    pub fn expires_at(&self) -> Result<SystemTime, TokenError> {
        self.claims.expires_at().ok_or(TokenError::Missing("exp"))
    }
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdToken").field("claims", &self.claims.0).finish_non_exhaustive()
    }
}

fn decode(part: &str, name: &'static str) -> Result<Map<String, Value>, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Encoding(name))?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Json(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(payload), part("signature"))
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_for_one_of_several_audiences_is_accepted() {
        let token = IdToken::parse(&token(r#"{"aud":["a","b"],"exp":100,"iat":10}"#)).unwrap();
        assert_eq!(token.check(&Audience::new("b"), at(50)), Ok(()));
    }

    #[test]
    fn a_token_for_somebody_else_is_refused_by_claim() {
        let token = IdToken::parse(&token(r#"{"aud":"a","exp":100}"#)).unwrap();
        let error = token.check(&Audience::new("b"), at(50)).unwrap_err();
        assert_eq!(error.to_string(), r#"the token's `aud` is ["a"], but "b" was asked for"#);
    }

    #[test]
    fn an_expired_token_is_refused_with_its_age() {
        let token = IdToken::parse(&token(r#"{"aud":"a","exp":100}"#)).unwrap();
        let error = token.check(&Audience::new("a"), at(130)).unwrap_err();
        assert_eq!(error, TokenError::Expired { ago: Duration::from_secs(30) });
    }

    #[test]
    fn a_token_from_the_future_beyond_the_leeway_is_refused() {
        let token = IdToken::parse(&token(r#"{"aud":"a","exp":900,"iat":200}"#)).unwrap();
        assert_eq!(token.check(&Audience::new("a"), at(140)), Ok(()));
        let error = token.check(&Audience::new("a"), at(139)).unwrap_err();
        assert_eq!(error, TokenError::FromTheFuture { ahead: Duration::from_secs(61) });
    }

    #[test]
    fn text_that_is_no_jwt_is_refused_by_part() {
        assert_eq!(IdToken::parse(" \n").unwrap_err(), TokenError::Empty);
        assert_eq!(IdToken::parse("a.b").unwrap_err(), TokenError::Parts(2));
        assert_eq!(IdToken::parse("!!.e30.e30").unwrap_err(), TokenError::Encoding("header"));
        assert_eq!(IdToken::parse("W10.e30.e30").unwrap_err(), TokenError::Json("header"));
    }

    #[test]
    fn a_time_that_no_clock_can_hold_is_a_missing_claim() {
        let token = IdToken::parse(&token(r#"{"aud":"a","exp":1e300}"#)).unwrap();
        assert_eq!(token.check(&Audience::new("a"), at(1)), Err(TokenError::Missing("exp")));
    }

    #[test]
    fn debug_shows_claims_and_not_the_token() {
        let text = token(r#"{"aud":"a","exp":100}"#);
        let shown = format!("{:?}", IdToken::parse(&text).unwrap());
        assert!(shown.contains("exp") && !shown.contains(text.split('.').next_back().unwrap()), "{shown}");
    }
}
