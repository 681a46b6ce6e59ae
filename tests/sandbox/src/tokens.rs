//! ID tokens in the shapes of the platforms, and every way of getting one wrong.

mod shapes;

use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::keys::Signer;
use crate::state::State;

/// Whose ID tokens they look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Gitpod classic: `sub` is the context URL.
    #[default]
    Gitpod,
    /// Ona, version 2: `aud` is a string, `sub` is `org:…/prj:…/env:…`.
    OnaV2,
    /// Ona, version 3: flat claims, `aud` is a list.
    OnaV3,
    /// GitHub Actions: `sub` is `repo:…:ref:…`.
    GithubActions,
    /// GitLab CI/CD: `sub` is `project_path:…:ref_type:…:ref:…`.
    Gitlab,
    /// A Kubernetes service account's projected token.
    Kubernetes,
}

/// An ID token to be minted. The default is a good one; each method makes it different, or wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mint {
    /// Whose it looks like.
    pub shape: Shape,
    /// The audiences.
    pub audience: Vec<String>,
    /// How long it lives, in seconds; `None` means the platform's `token_lifetime`.
    pub lifetime_seconds: Option<u64>,
    /// When it was issued, in seconds from now; negative means earlier.
    pub issued_in_seconds: i64,
    /// Claims that replace those of the shape; `null` removes a claim.
    pub claims: Map<String, Value>,
    /// Which key signs it.
    pub signer: Signer,
}

impl Default for Mint {
    fn default() -> Self {
        Self::audience("sts.amazonaws.com")
    }
}

impl Mint {
    /// A good token for one audience.
    pub fn audience(audience: impl Into<String>) -> Self {
        Self {
            shape: Shape::default(),
            audience: vec![audience.into()],
            lifetime_seconds: None,
            issued_in_seconds: 0,
            claims: Map::new(),
            signer: Signer::Current,
        }
    }

    /// In this shape.
    #[must_use]
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// For another audience as well.
    #[must_use]
    pub fn and_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Living so long.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime_seconds = Some(lifetime.as_secs());
        self
    }

    /// With this claim, in place of the shape's if there is one.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// Without this claim.
    #[must_use]
    pub fn without(self, name: impl Into<String>) -> Self {
        self.claim(name, Value::Null)
    }

    /// For this subject.
    #[must_use]
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.claim("sub", subject.into())
    }

    /// From this issuer, whatever its keys say.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.claim("iss", issuer.into())
    }

    /// Issued two hours ago and dead since one.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.issued_in_seconds = -7200;
        self.lifetime_seconds = Some(3600);
        self
    }

    /// Issued, and valid from, one hour ahead.
    #[must_use]
    pub fn from_the_future(mut self) -> Self {
        self.issued_in_seconds = 3600;
        self
    }

    /// Signed by this key.
    #[must_use]
    pub fn signed_by(mut self, signer: Signer) -> Self {
        self.signer = signer;
        self
    }
}

/// Signs the token.
pub(crate) fn mint(state: &State, mint: &Mint) -> io::Result<String> {
    let lifetime = mint.lifetime_seconds.unwrap_or_else(|| state.options().platform.token_lifetime.as_secs());
    let issued_at = state.clock.seconds() + mint.issued_in_seconds;
    let mut claims = shapes::claims(mint, &state.options().platform);
    claims.insert("iss".to_owned(), state.issuer().into());
    claims.insert("iat".to_owned(), issued_at.into());
    claims.insert("exp".to_owned(), json!(issued_at.saturating_add_unsigned(lifetime)));
    if claims.contains_key("nbf") || mint.issued_in_seconds > 0 {
        claims.insert("nbf".to_owned(), issued_at.into());
    }
    for (name, value) in &mint.claims {
        claims.insert(name.clone(), value.clone());
    }
    claims.retain(|_, value| !value.is_null());
    let (header, key) = state.keys().signer(mint.signer)?;
    jsonwebtoken::encode(&header, &claims, &key).map_err(io::Error::other)
}
