//! What an ID token said of itself when it was shown to a provider. These are identifiers, not secrets.

use std::time::SystemTime;

use evercred_core::Claims;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::rfc3339;

/// The claims that nearly every rule looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sent {
    /// Its `iss`.
    pub issuer: Option<String>,
    /// Its `sub`.
    pub subject: Option<String>,
    /// Its `aud`.
    pub audience: Vec<String>,
    /// Its `iat` (RFC 3339).
    #[serde(with = "rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub issued_at: Option<SystemTime>,
    /// Its `exp` (RFC 3339).
    #[serde(with = "rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub expires_at: Option<SystemTime>,
}

impl Sent {
    /// What stands in `claims`.
    pub fn of(claims: &Claims) -> Self {
        Self {
            issuer: claims.issuer().map(str::to_owned),
            subject: claims.subject().map(str::to_owned),
            audience: claims.audiences().into_iter().map(str::to_owned).collect(),
            issued_at: claims.issued_at(),
            expires_at: claims.expires_at(),
        }
    }

    /// As lines for people: a claim's name, and what it says.
    pub fn lines(&self) -> Vec<String> {
        let none = || "(none)".to_owned();
        let time = |time: Option<SystemTime>| time.map_or_else(none, rfc3339::seconds);
        vec![
            format!("iss {}", self.issuer.clone().unwrap_or_else(none)),
            format!("sub {}", self.subject.clone().unwrap_or_else(none)),
            format!("aud {}", if self.audience.is_empty() { none() } else { self.audience.join(", ") }),
            format!("iat {}, exp {}", time(self.issued_at), time(self.expires_at)),
        ]
    }
}
