//! `kubernetes`: a projected service account token.
//!
//! The kubelet replaces the file when 80 % of the token's lifetime is over, by turning the `..data` link; the
//! watcher follows it. The audience is fixed by the pod's `serviceAccountToken` volume:
//! <https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/>.
//!
//! The token under `/var/run/secrets/kubernetes.io` is not looked for: it is meant for the API server alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::{Audience, BoxFuture, BuildError, Configured, Environment, Failure, IdToken, TokenError};
use evercred_http::BuildContext;

use super::TokenSource;
use super::file::{TokenFile, absolute};

/// Reads a projected service account token.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// Where the token is mounted. Default: the first that exists of `$AZURE_FEDERATED_TOKEN_FILE` and
    /// `$AWS_WEB_IDENTITY_TOKEN_FILE` (if they are below `/var/run/secrets`), `/var/run/secrets/tokens/evercred`,
    /// `/var/run/secrets/tokens/token`, and the mounts of the Azure, AWS and Google webhooks.
    #[serde(default)]
    path: Option<String>,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let environment = &context.surroundings.environment;
        let path = match &self.path {
            Some(path) => absolute(environment, path)?,
            None => mounted(environment, Path::exists).unwrap_or_else(|| PathBuf::from(MOUNTS[0])),
        };
        Ok(Arc::new(ProjectedToken(TokenFile::new("kubernetes", path, ROTATION))))
    }
}

const ROTATION: &str = "The kubelet writes this file: mount a `serviceAccountToken` volume in the pod, and see that \
                        the kubelet is up.";

/// Where tokens are mounted by habit (ours, then what the clouds' webhooks and documents use).
const MOUNTS: [&str; 5] = [
    "/var/run/secrets/tokens/evercred",
    "/var/run/secrets/tokens/token",
    "/var/run/secrets/azure/tokens/azure-identity-token",
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
    "/var/run/secrets/tokens/gcp-ksa/token",
];

/// The token that is mounted here, if there is one.
///
/// Variables count only below `/var/run/secrets`: elsewhere they may name an output of our own.
pub(super) fn mounted(environment: &Environment, exists: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    ["AZURE_FEDERATED_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"]
        .into_iter()
        .filter_map(|name| environment.get(name))
        .filter(|path| path.starts_with("/var/run/secrets/"))
        .chain(MOUNTS)
        .map(PathBuf::from)
        .find(|path| exists(path))
}

#[derive(Debug)]
struct ProjectedToken(TokenFile);

impl TokenSource for ProjectedToken {
    fn describe(&self) -> String {
        self.0.describe()
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        self.0.mint(audience)
    }

    fn watched(&self) -> Option<&Path> {
        self.0.watched()
    }

    fn is_local(&self) -> bool {
        true
    }

    fn remedy(&self, problem: &TokenError) -> Option<String> {
        match problem {
            TokenError::Audience { wanted, .. } => Some(format!(
                "Set `audience: {wanted}` in the pod's `serviceAccountToken` volume, or `path` to another one."
            )),
            _ => self.0.remedy(problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_a_webhook_goes_before_the_usual_mounts() {
        let path = "/var/run/secrets/elsewhere/token";
        let environment = Environment::from_iter([("AWS_WEB_IDENTITY_TOKEN_FILE", path)]);
        assert_eq!(mounted(&environment, |_| true), Some(PathBuf::from(path)));
    }

    #[test]
    fn a_variable_that_may_name_an_output_of_ours_does_not_count() {
        let environment =
            Environment::from_iter([("AZURE_FEDERATED_TOKEN_FILE", "/home/me/.evercred/token")]);
        assert_eq!(mounted(&environment, |path| path.starts_with("/home")), None);
    }
}
