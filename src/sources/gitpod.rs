//! `gitpod`: a Gitpod workspace's identity, without any CLI.
//!
//! The workspace's supervisor says which workspace this is and lends a token for the API of the installation,
//! and the API mints the ID token: the same three requests that `gp idp token` makes. The API speaks the unary
//! Connect protocol with JSON: <https://connectrpc.com/docs/protocol/>.

mod supervisor;

use std::path::PathBuf;
use std::sync::Arc;

use evercred_core::{Advice, Audience, BoxFuture, BuildError, Configured, Failure, IdToken};
use evercred_http::{BuildContext, ClientOptions};
use reqwest::Client;
use serde_json::{Value, json};

use super::answer::{self, Step};
use super::http::address;
use super::{TokenSource, problem};

pub(super) use supervisor::{Supervisor, Workspace};

/// Asks the supervisor of the Gitpod workspace and the API of its installation.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The supervisor. Default: `$SUPERVISOR_ADDR`, or else `"localhost:22999"`.
    #[serde(default)]
    supervisor_address: Option<String>,
    /// The API of the installation. Default: `https://api.` and the host that the supervisor names.
    #[serde(default)]
    api_url: Option<String>,
    /// The scope to ask for. Default: none.
    #[serde(default)]
    scope: Option<String>,
    /// A PEM file of further certificate authorities to trust. Default: only the system's.
    #[serde(default)]
    ca_bundle: Option<String>,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let environment = &context.surroundings.environment;
        let ca_bundle: Option<PathBuf> = self.ca_bundle.map(|path| environment.expand(&path));
        let api = self.api_url.as_deref().map(|text| address("api_url", text)).transpose()?;
        Ok(Arc::new(Gitpod {
            supervisor: Supervisor::new(self.supervisor_address.as_deref(), context)?,
            api: api.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            scope: self.scope,
            client: context.http.client(&ClientOptions { ca_bundle, ..ClientOptions::default() })?,
        }))
    }
}

#[derive(Debug)]
struct Gitpod {
    supervisor: Supervisor,
    api: Option<String>,
    scope: Option<String>,
    client: Client,
}

const PROCEDURE: &str = "gitpod.experimental.v1.IdentityProviderService/GetIDToken";

impl Gitpod {
    async fn exchange(&self, audience: &Audience) -> Result<IdToken, Failure> {
        let workspace = self.supervisor.workspace().await?;
        let authority = self.supervisor.api_token(&workspace).await?;
        let api = self.api.clone().unwrap_or_else(|| format!("https://api.{}", workspace.host));
        let request = self
            .client
            .post(format!("{api}/{PROCEDURE}"))
            .bearer_auth(authority.expose())
            .header("Connect-Protocol-Version", "1")
            .json(&self.question(&workspace, audience));
        let step = Step {
            operation: "ask the Gitpod API for an ID token",
            place: &api,
            if_refused: "Check that the workspace is running, and set `api_url` if the installation's API has \
                         another address.",
        };
        let text = answer::field(request, &["/token"], step).await?;
        problem::parse(&text, &api, Advice::RETRY)
    }

    fn question(&self, workspace: &Workspace, audience: &Audience) -> Value {
        let mut question = json!({ "workspaceId": workspace.id, "audience": [audience] });
        if let Some(scope) = &self.scope {
            question["scope"] = json!(scope);
        }
        question
    }
}

impl TokenSource for Gitpod {
    fn describe(&self) -> String {
        format!("gitpod supervisor at {}", self.supervisor.address())
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(self.exchange(audience))
    }
}
