//! `github-actions`: the token service of a GitHub Actions job:
//! <https://docs.github.com/actions/reference/security/oidc>.
//!
//! Its tokens live for five minutes and can be minted as long as the job runs.

use std::sync::Arc;

use evercred_core::{BuildError, Configured};
use evercred_http::{BuildContext, ClientOptions};
use reqwest::header::{AUTHORIZATION, HeaderMap};

use super::TokenSource;
use super::http::{Authority, Fetch, address};

/// Asks the token service of the GitHub Actions job that evercred runs in.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The service's URL. Default: `$ACTIONS_ID_TOKEN_REQUEST_URL`. The request is authorised by
    /// `$ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    #[serde(default)]
    request_url: Option<String>,
}

/// The variable whose presence says that the job may have tokens.
pub(super) const URL_VARIABLE: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const TOKEN_VARIABLE: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const PERMISSION: &str = "Give the job `permissions: id-token: write` in its workflow.";

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let environment = &context.surroundings.environment;
        let Some(url) = self.request_url.as_deref().or(environment.get(URL_VARIABLE)) else {
            return Err(BuildError::at("request_url", format!("{URL_VARIABLE} is not set")).hint(PERMISSION));
        };
        if environment.get(TOKEN_VARIABLE).is_none() {
            let message = format!("{TOKEN_VARIABLE} is not set");
            return Err(BuildError { key: None, message, hint: Some(PERMISSION.to_owned()) });
        }
        let authority =
            Authority::in_variable(AUTHORIZATION, "Bearer ".to_owned(), environment, TOKEN_VARIABLE);
        Ok(Arc::new(Fetch {
            kind: "github-actions",
            url: address("request_url", url)?,
            parameter: Some("audience".to_owned()),
            pointer: Some("/value".to_owned()),
            headers: HeaderMap::new(),
            authority: Some(authority),
            client: context.http.client(&ClientOptions::default())?,
            if_refused: PERMISSION,
        }))
    }
}
