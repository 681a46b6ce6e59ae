//! `env`: an ID token in an environment variable, as GitLab's `id_tokens` sets them:
//! <https://docs.gitlab.com/ci/secrets/id_token_authentication/>.
//!
//! A running process keeps the variables it was started with, so such a token cannot be renewed: this is for jobs
//! that are shorter than their token.

use std::sync::Arc;

use evercred_core::{
    Advice, Audience, BoxFuture, BuildError, Configured, Environment, Failure, IdToken, Secret, TokenError,
};
use evercred_http::BuildContext;

use super::{TokenSource, problem};

/// Reads the ID token from an environment variable.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The variable's name. Required.
    variable: String,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        Ok(Arc::new(Variables::of(&context.surroundings.environment, vec![self.variable])))
    }
}

/// Variables that hold tokens, for one audience each.
#[derive(Debug)]
pub(super) struct Variables(Vec<(String, Secret)>);

impl Variables {
    /// Those of `names`; one that is not set counts as empty.
    pub(super) fn of(environment: &Environment, names: Vec<String>) -> Self {
        let value = |name: &str| Secret::new(environment.get(name).unwrap_or_default());
        Self(names.into_iter().map(|name| (name.clone(), value(&name))).collect())
    }

    fn read(&self, audience: &Audience) -> Result<IdToken, Failure> {
        let mut tokens = self.0.iter().map(|(name, value)| read(name, value));
        let first = tokens.next().unwrap_or_else(|| read("", &Secret::new("")));
        let fits = |token: &IdToken| token.claims().audiences().contains(&audience.as_str());
        if first.as_ref().is_ok_and(fits) {
            return first;
        }
        tokens.flatten().find(fits).map_or(first, Ok)
    }
}

fn read(name: &str, value: &Secret) -> Result<IdToken, Failure> {
    if value.is_empty() {
        return Err(Failure::new("read the ID token", name, Advice::NeedsAttention)
            .message("the variable is not set")
            .hint("Declare it in the job (GitLab: under `id_tokens`), and start evercred inside the job."));
    }
    problem::parse(value.expose(), name, Advice::NeedsAttention)
}

impl TokenSource for Variables {
    fn describe(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        format!("variable {}", names.join(", "))
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(async { self.read(audience) })
    }

    fn is_local(&self) -> bool {
        true
    }

    fn remedy(&self, problem: &TokenError) -> Option<String> {
        match problem {
            TokenError::Expired { .. } => Some(
                "A variable cannot be renewed from outside: start evercred again with a new token, or use a source \
                 that mints."
                    .to_owned(),
            ),
            TokenError::Audience { wanted, .. } => {
                Some(format!("Declare a token with `aud: {wanted}` (GitLab: under `id_tokens`)."))
            }
            _ => None,
        }
    }
}
