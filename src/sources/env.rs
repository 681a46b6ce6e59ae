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
        Ok(Arc::new(Variables::of(&context.surroundings.environment, self.variable, Vec::new())))
    }
}

/// Variables that hold tokens, for one audience each.
#[derive(Debug)]
pub(super) struct Variables {
    first: (String, Secret),
    others: Vec<(String, Secret)>,
}

impl Variables {
    /// Those of these names; one that is not set counts as empty.
    pub(super) fn of(environment: &Environment, first: String, others: Vec<String>) -> Self {
        let with_value = |name: String| {
            let value = Secret::new(environment.get(&name).unwrap_or_default());
            (name, value)
        };
        Self { first: with_value(first), others: others.into_iter().map(with_value).collect() }
    }

    /// The token for `audience`, or else the first, which the caller's check will find fault with.
    fn read(&self, audience: &Audience) -> Result<IdToken, Failure> {
        let fits = |token: &IdToken| token.claims().audiences().contains(&audience.as_str());
        let first = read(&self.first.0, &self.first.1);
        if first.as_ref().is_ok_and(fits) {
            return first;
        }
        let mut others = self.others.iter().filter_map(|(name, value)| read(name, value).ok());
        others.find(fits).map_or(first, Ok)
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
        let names: Vec<&str> =
            std::iter::once(&self.first).chain(&self.others).map(|(name, _)| name.as_str()).collect();
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
