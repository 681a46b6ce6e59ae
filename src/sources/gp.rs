//! `gp`: the CLI inside Gitpod workspaces.
//!
//! `gitpod` does the same without a program; this one is for installations whose supervisor speaks otherwise.
//! When the program fails, it often reports the parse error that follows from the real one. So after a failure
//! the supervisor, which the program depends on, is asked directly, and what is wrong with it becomes the cause.

use std::sync::Arc;

use evercred_core::{Audience, BoxFuture, BuildError, Configured, Failure, HumanDuration, IdToken};
use evercred_http::BuildContext;

use super::TokenSource;
use super::gitpod::Supervisor;
use super::program::Program;

/// Runs `gp idp token`.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The program. Default: `"gp"`.
    #[serde(default)]
    program: Option<String>,
    /// The scope to ask for. Default: none.
    #[serde(default)]
    scope: Option<String>,
    /// How long it may take before it is killed. Default: `"15s"`; it has a limit of 5 s inside.
    #[serde(default)]
    timeout: Option<HumanDuration>,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let mut arguments = ["idp", "token", "--audience", "{audience}"].map(str::to_owned).to_vec();
        arguments.extend(self.scope.into_iter().flat_map(|scope| ["--scope".to_owned(), scope]));
        let program = Program {
            names: vec![self.program.unwrap_or_else(|| "gp".to_owned())],
            arguments,
            environment: context.surroundings.environment.clone(),
            limit: self.timeout.unwrap_or(HumanDuration::from_secs(15)).get(),
            if_missing: "The program is part of every Gitpod workspace; elsewhere choose another kind of source.",
        };
        Ok(Arc::new(Gp { program, supervisor: Supervisor::new(None, context)? }))
    }
}

#[derive(Debug)]
struct Gp {
    program: Program,
    supervisor: Supervisor,
}

impl Gp {
    async fn run(&self, audience: &Audience) -> Result<IdToken, Failure> {
        let failure = match self.program.mint(audience).await {
            Ok(token) => return Ok(token),
            Err(failure) => failure,
        };
        match self.supervisor.workspace().await {
            Ok(_) => Err(failure),
            Err(cause) => {
                let failure = match cause.remedy() {
                    Some(remedy) => failure.hint(remedy),
                    None => failure,
                };
                Err(failure.caused_by(cause))
            }
        }
    }
}

impl TokenSource for Gp {
    fn describe(&self) -> String {
        format!("{} idp token", self.program.name())
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(self.run(audience))
    }
}
