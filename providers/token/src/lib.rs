//! The pass-through provider: the credential *is* the ID token.
//!
//! For programs that exchange the token themselves and only need it fresh in a file: SDKs with web identity
//! federation, `kubectl`, a service of your own that verifies OpenID Connect tokens. Nothing is sent anywhere.

mod questions;

use std::sync::Arc;

use evercred_core::{
    Advice, Audience, Base, BoxFuture, BuildError, Configured, Credential, Door, Failure, Field, Fit,
    IdToken, Pass, Passes, Provider, Secret, TokenError, WallClock,
};
use evercred_http::BuildContext;
use serde::Deserialize;

pub use questions::QUESTIONS;

/// A login that keeps the ID token itself fresh, for a program that exchanges it on its own.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenLogin")]
pub struct Config {
    /// The audience the token is minted for: what the program that receives it expects in `aud`.
    pub audience: Audience,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn Provider>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        if self.audience.as_str().trim().is_empty() {
            return Err(BuildError::at("audience", "the audience is empty")
                .hint("Set it to what the receiving program expects in the token's `aud` claim."));
        }
        Ok(Arc::new(PassThrough { audience: self.audience, clock: context.surroundings.clock.clone() }))
    }
}

#[derive(Debug)]
struct PassThrough {
    audience: Audience,
    clock: Arc<dyn WallClock>,
}

impl PassThrough {
    fn credential(&self, token: &IdToken) -> Result<Credential, Failure> {
        // The token was checked after minting; one that ended since must not replace one that is still good.
        let now = self.clock.now();
        let end = token
            .check(&self.audience, now)
            .and_then(|()| token.expires_at())
            .map_err(|error| unusable(&error))?;
        let subject = token.claims().subject().unwrap_or("a token without `sub`");
        Ok(Credential::new(subject, now).with(Field::ID_TOKEN, token.raw().clone()).expiring_at(end))
    }
}

fn unusable(error: &TokenError) -> Failure {
    Failure::new("pass on the ID token", "", Advice::NewToken)
        .message(error.to_string())
        .hint("A new one is asked for; if that does not help, check the token source.")
}

impl Provider for PassThrough {
    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn provides(&self) -> &[Field] {
        &[Field::ID_TOKEN]
    }

    fn expires_with_token(&self) -> bool {
        true
    }

    fn passes(&self) -> Option<&dyn Passes> {
        Some(self)
    }

    fn exchange<'a>(&'a self, token: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(async move { self.credential(token) })
    }
}

/// A cluster may trust the token's issuer itself
/// (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens>).
impl Passes for PassThrough {
    fn fit(&self, door: &Door) -> Option<Fit> {
        matches!(door, Door::Cluster { .. }).then_some(Fit::Cloud)
    }

    fn base(&self, _: &Door) -> Base {
        Base::Login
    }

    fn pass<'a>(&'a self, _: &'a Door, credential: &'a Credential) -> BoxFuture<'a, Result<Pass, Failure>> {
        let token = credential.field(Field::ID_TOKEN).cloned().unwrap_or_else(|| Secret::new(""));
        Box::pin(async { Ok(Pass::bearer(token)) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use evercred_core::{Environment, Surroundings};
    use evercred_http::Http;

    use super::*;

    #[derive(Debug)]
    struct Standing(u64);

    impl WallClock for Standing {
        fn now(&self) -> SystemTime {
            at(self.0)
        }
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn build(now: u64, audience: &str) -> Result<Arc<dyn Provider>, BuildError> {
        let environment = Environment::default();
        let http = Http::new(&environment);
        let clock = Arc::new(Standing(now));
        let context = BuildContext { surroundings: Surroundings { environment, clock }, http };
        Config { audience: Audience::new(audience) }.build(&context)
    }

    fn token(claims: &str) -> IdToken {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        IdToken::parse(&format!("{}.{}.c2ln", part("{}"), part(claims))).unwrap()
    }

    #[tokio::test]
    async fn the_credential_is_the_token_and_ends_with_it() {
        let provider = build(50, "acme").unwrap();
        let token = token(r#"{"aud":"acme","sub":"me","exp":100,"iat":10}"#);
        let credential = provider.exchange(&token).await.unwrap();
        assert_eq!(credential.field(Field::ID_TOKEN).unwrap().expose(), token.raw().expose());
        assert_eq!(credential.expires_at(), Some(at(100)));
        assert_eq!((credential.subject(), credential.issued_at()), ("me", at(50)));
        assert!(provider.expires_with_token());
    }

    #[tokio::test]
    async fn a_token_that_ended_is_not_passed_on() {
        let provider = build(100, "acme").unwrap();
        let failure = provider.exchange(&token(r#"{"aud":"acme","exp":100}"#)).await.unwrap_err();
        assert_eq!(failure.advice(), Advice::NewToken);
        assert!(failure.to_string().contains("`exp`"), "{failure}");
    }

    #[test]
    fn an_empty_audience_is_an_error_of_its_key() {
        assert_eq!(build(0, " ").unwrap_err().key, Some("audience"));
    }
}
