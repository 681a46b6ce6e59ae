//! Whom a token speaks for.

use crate::platform::{Platform, Subject, Tenancy};
use crate::{Advice, Claims, Failure};

/// Whom a token speaks for, in its platform's terms.
#[derive(Debug, Clone)]
pub struct Identity<'c> {
    /// Who minted it.
    pub platform: Platform,
    /// The issuer.
    pub issuer: &'c str,
    /// Whether the issuer mints for others, too.
    pub tenancy: Tenancy,
    /// The subject.
    pub subject: Subject<'c>,
    /// All of it.
    pub claims: &'c Claims,
}

impl<'c> Identity<'c> {
    /// Told from the claims.
    pub fn of(claims: &'c Claims) -> Result<Self, Failure> {
        let platform = Platform::of(claims);
        let subject = Subject::of(platform, claims);
        let lacking = |name: &str| {
            Failure::new("read the ID token", name, Advice::NeedsAttention)
                .message(format!("it has no `{name}`, so nobody can be told to trust it"))
                .hint("Ask who mints it: an OIDC ID token has `iss`, `sub`, `aud`, `exp` and `iat`.")
        };
        let issuer = claims.issuer().ok_or_else(|| lacking("iss"))?;
        if subject.text().is_empty() {
            return Err(lacking("sub"));
        }
        Ok(Self { platform, issuer, tenancy: platform.tenancy(issuer), subject, claims })
    }

    /// The issuer without its scheme, as some name it.
    pub fn issuer_path(&self) -> &'c str {
        self.issuer.split_once("://").map_or(self.issuer, |(_, path)| path)
    }
}
