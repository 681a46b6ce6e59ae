//! `command`: any program that prints an ID token.

use std::collections::BTreeMap;
use std::sync::Arc;

use evercred_core::{Audience, BoxFuture, BuildError, Configured, Failure, HumanDuration, IdToken};
use evercred_http::BuildContext;

use super::TokenSource;
use super::program::Program;

/// Runs a program that prints the ID token to standard output. No shell is involved.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The program and its arguments, one string each; `{audience}` in an argument stands for the audience, which
    /// is also in `$EVERCRED_AUDIENCE`. Required.
    command: Vec<String>,
    /// Environment variables to add. Not for secrets. Default: none.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// How long it may take before it is killed with all its children. Default: `"30s"`.
    #[serde(default = "default_timeout")]
    timeout: HumanDuration,
}

fn default_timeout() -> HumanDuration {
    HumanDuration::from_secs(30)
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let mut words = self.command.into_iter();
        let Some(name) = words.next().filter(|name| !name.is_empty()) else {
            return Err(BuildError::at("command", "no program is named")
                .hint("Write it as [\"program\", \"argument\", \"{audience}\"]."));
        };
        if name.contains(' ') && words.len() == 0 {
            return Err(BuildError::at(
                "command",
                format!("{name:?} is one word where a list of words belongs"),
            )
            .hint("Give the program and each argument a string of its own; no shell splits them."));
        }
        let inherited = context.surroundings.environment.iter();
        let added = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(Arc::new(TokenCommand(Program {
            names: vec![name],
            arguments: words.collect(),
            environment: inherited.chain(added).collect(),
            limit: self.timeout.get(),
            if_missing: "Give its full path in `command`, and make it executable.",
        })))
    }
}

#[derive(Debug)]
struct TokenCommand(Program);

impl TokenSource for TokenCommand {
    fn describe(&self) -> String {
        format!("command {}", self.0.name())
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(self.0.mint(audience))
    }
}
