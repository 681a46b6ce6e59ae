//! `ona`: the CLI of Ona environments, which was called `gitpod` before:
//! <https://ona.com/docs>.

use std::sync::Arc;

use evercred_core::{Audience, BoxFuture, BuildError, Configured, Failure, HumanDuration, IdToken};
use evercred_http::BuildContext;

use super::TokenSource;
use super::program::Program;

/// Runs `ona idp token`, or `gitpod idp token` where the program still has its older name.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The program. Default: the first of `ona` and `gitpod` on `PATH`.
    #[serde(default)]
    program: Option<String>,
    /// How long it may take before it is killed. Default: `"30s"`.
    #[serde(default)]
    timeout: Option<HumanDuration>,
}

/// The names of the program, newest first.
pub(super) const NAMES: [&str; 2] = ["ona", "gitpod"];

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let names = self.program.map_or_else(|| NAMES.map(str::to_owned).into(), |program| vec![program]);
        Ok(Arc::new(Ona(Program {
            names,
            arguments: ["idp", "token", "--audience", "{audience}"].map(str::to_owned).into(),
            environment: context.surroundings.environment.clone(),
            limit: self.timeout.unwrap_or(HumanDuration::from_secs(30)).get(),
            if_missing: "The program is part of every Ona environment; elsewhere choose another kind of source.",
        })))
    }
}

#[derive(Debug)]
struct Ona(Program);

impl TokenSource for Ona {
    fn describe(&self) -> String {
        format!("{} idp token", self.0.name())
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(self.0.mint(audience))
    }
}
