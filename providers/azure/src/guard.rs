//! Whose an access token is, before anything is published.
//!
//! Its claims are Microsoft's and may change (<https://learn.microsoft.com/entra/identity-platform/access-tokens>), and
//! some resources get tokens that only they can read; so one that cannot be read is refused only if the user named
//! what must stand in it.

use evercred_core::{Advice, Failure, IdToken};

/// Whose a token is, as far as it says so.
#[derive(Debug, Default)]
pub(crate) struct Owner {
    pub(crate) tenant: Option<String>,
    pub(crate) object: Option<String>,
}

impl Owner {
    /// An access token has the shape of an ID token.
    pub(crate) fn of(access_token: &str) -> Self {
        let claims = IdToken::parse(access_token).ok().map(|token| token.claims().clone());
        let claim = |name| claims.as_ref().and_then(|claims| claims.text(name)).map(str::to_ascii_lowercase);
        Self { tenant: claim("tid"), object: claim("oid") }
    }
}

/// What the config expects.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) tenant: Option<String>,
    pub(crate) object: Option<String>,
    /// Whether a token that does not say is to be refused, too.
    pub(crate) is_strict: bool,
}

impl Expected {
    pub(crate) fn compare(&self, found: &Owner, place: &str) -> Result<(), Failure> {
        self.one(("tenant", "expected_tenant_id"), self.tenant.as_deref(), found.tenant.as_deref(), place)?;
        self.one(("object", "expected_object_id"), self.object.as_deref(), found.object.as_deref(), place)
    }

    fn one(
        &self,
        (what, key): (&str, &str),
        expected: Option<&str>,
        found: Option<&str>,
        place: &str,
    ) -> Result<(), Failure> {
        let Some(expected) = expected else { return Ok(()) };
        let message = match found {
            Some(found) if found == expected => return Ok(()),
            None if !self.is_strict => return Ok(()),
            Some(found) => format!("it is of the {what} {found}, and not of {expected}"),
            None => format!("it does not say of which {what} it is"),
        };
        Err(Failure::new("accept the access token", place, Advice::NeedsAttention)
            .message(message)
            .hint(format!("Correct `tenant_id` and `client_id`, or what `{key}` says.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(tenant: Option<&str>, object: Option<&str>) -> Owner {
        Owner { tenant: tenant.map(str::to_owned), object: object.map(str::to_owned) }
    }

    #[test]
    fn only_what_is_expected_is_compared() {
        let expected = Expected { tenant: Some("t".into()), object: None, is_strict: false };
        assert!(expected.compare(&owner(Some("t"), Some("o")), "").is_ok());
        assert!(expected.compare(&owner(None, None), "").is_ok());
        let failure = expected.compare(&owner(Some("x"), None), "entra").unwrap_err();
        assert_eq!(
            failure.to_string(),
            "failed to accept the access token (entra): it is of the tenant x, and not of t"
        );
    }

    #[test]
    fn a_token_that_does_not_say_is_refused_if_somebody_wants_to_know() {
        let expected = Expected { tenant: None, object: Some("o".into()), is_strict: true };
        assert!(expected.compare(&owner(None, Some("o")), "").is_ok());
        assert!(expected.compare(&owner(Some("t"), None), "").is_err());
    }
}
