//! `auto`: the source that fits where evercred runs.
//!
//! Only the environment, `PATH` and the presence of files are looked at, so building needs no network. The order
//! is from the surest mark to the vaguest, and what was chosen, and why, is part of the description.

use std::path::Path;
use std::sync::Arc;

use evercred_core::{Audience, BoxFuture, BuildError, Configured, Environment, Failure, IdToken, TokenError};
use evercred_http::BuildContext;

use super::env::Variables;
use super::{TokenSource, github_actions, gitpod, gp, kubernetes, ona};
use crate::program;

/// Finds out where evercred runs. It has no keys.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        for look in PLACES {
            if let Some((why, chosen)) = look(context) {
                return Ok(Arc::new(Auto { why, chosen: chosen? }));
            }
        }
        Err(BuildError {
            key: None,
            message: format!("no token source was found here: {LOOKED_FOR}"),
            hint: Some(
                "Name the source yourself, such as `file` with a `path`, or `command` with a `command`."
                    .to_owned(),
            ),
        })
    }
}

const LOOKED_FOR: &str = "neither ACTIONS_ID_TOKEN_REQUEST_URL (GitHub Actions), nor GITPOD_WORKSPACE_ID, \
                          SUPERVISOR_ADDR or `gp` (Gitpod), nor GITPOD_ENVIRONMENT_ID or `ona` (Ona), nor GITLAB_CI \
                          with an ID token in a variable, nor a token below /var/run/secrets (Kubernetes)";

type Chosen = (String, Result<Arc<dyn TokenSource>, BuildError>);

/// Each looks for one place. Ona goes before Gitpod: its environments inherit some of Gitpod's names.
const PLACES: [fn(&BuildContext) -> Option<Chosen>; 7] =
    [on_github, in_ona, in_gitpod, with_gp, with_ona, on_gitlab, in_kubernetes];

fn on_github(context: &BuildContext) -> Option<Chosen> {
    let why = set(context, &[github_actions::URL_VARIABLE])?;
    Some((why, github_actions::Config::default().build(context)))
}

fn in_ona(context: &BuildContext) -> Option<Chosen> {
    let mark = set(context, &["GITPOD_ENVIRONMENT_ID"])?;
    let why = ona::NAMES.into_iter().find_map(|name| on_path(context, name))?;
    Some((format!("{mark}, {why}"), ona::Config::default().build(context)))
}

fn in_gitpod(context: &BuildContext) -> Option<Chosen> {
    let why = set(context, &["GITPOD_WORKSPACE_ID", "SUPERVISOR_ADDR"])?;
    Some((why, gitpod::Config::default().build(context)))
}

fn with_gp(context: &BuildContext) -> Option<Chosen> {
    Some((on_path(context, "gp")?, gp::Config::default().build(context)))
}

fn with_ona(context: &BuildContext) -> Option<Chosen> {
    Some((on_path(context, "ona")?, ona::Config::default().build(context)))
}

fn on_gitlab(context: &BuildContext) -> Option<Chosen> {
    let mark = set(context, &["GITLAB_CI"])?;
    let environment = &context.surroundings.environment;
    let mut names = variables_with_tokens(environment).into_iter();
    let source = Variables::of(environment, names.next()?, names.collect());
    Some((mark, Ok(Arc::new(source))))
}

fn in_kubernetes(context: &BuildContext) -> Option<Chosen> {
    let path = kubernetes::mounted(&context.surroundings.environment, Path::exists)?;
    Some((format!("{} exists", path.display()), kubernetes::Config::default().build(context)))
}

/// GitLab lets the job choose the names, so the values decide: JWTs with an issuer and an end.
fn variables_with_tokens(environment: &Environment) -> Vec<String> {
    let is_token = |text: &str| {
        IdToken::parse(text)
            .is_ok_and(|token| token.claims().issuer().is_some() && token.expires_at().is_ok())
    };
    // GitLab's own variables begin with `CI_`; a token among them is for something else.
    let candidates = environment.iter().filter(|(name, _)| !name.starts_with("CI_"));
    candidates.filter(|(_, value)| is_token(value)).map(|(name, _)| name.to_owned()).collect()
}

fn set(context: &BuildContext, names: &[&str]) -> Option<String> {
    let environment = &context.surroundings.environment;
    names.iter().find(|name| environment.get(name).is_some()).map(|name| format!("{name} is set"))
}

fn on_path(context: &BuildContext, name: &str) -> Option<String> {
    let path = program::find(&context.surroundings.environment, name)?;
    Some(format!("{} is there", path.display()))
}

#[derive(Debug)]
struct Auto {
    why: String,
    chosen: Arc<dyn TokenSource>,
}

impl TokenSource for Auto {
    fn describe(&self) -> String {
        format!("{} ({})", self.chosen.describe(), self.why)
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        self.chosen.mint(audience)
    }

    fn watched(&self) -> Option<&Path> {
        self.chosen.watched()
    }

    fn is_local(&self) -> bool {
        self.chosen.is_local()
    }

    fn remedy(&self, problem: &TokenError) -> Option<String> {
        self.chosen.remedy(problem)
    }
}
