//! The supervisor: the process in every Gitpod workspace that knows which one it is.
//!
//! It is asked over HTTP and JSON at the routes of its gRPC gateway. Field names come in two spellings
//! (`workspaceId`, `workspace_id`), as gateways are set up either way.

use evercred_core::{BuildError, Environment, Failure, Secret};
use evercred_http::{BuildContext, ClientOptions, Http};
use reqwest::Client;
use url::Url;

use crate::sources::answer::{self, Step};
use crate::sources::http::address;

const USUAL_ADDRESS: &str = "localhost:22999";
/// What lets its bearer ask the API for the workspace, and for its identity.
const SCOPE: &str = "function:getWorkspace";
const HERE: &str = "Is this a Gitpod workspace? The supervisor listens at $SUPERVISOR_ADDR there.";

/// The way to the supervisor.
#[derive(Debug)]
pub(in crate::sources) struct Supervisor {
    base: Url,
    place: String,
    client: Client,
}

/// What the supervisor says of the workspace.
#[derive(Debug)]
pub(in crate::sources) struct Workspace {
    /// Its identifier.
    pub(super) id: String,
    /// The host of its installation, such as `gitpod.io`.
    pub(super) host: String,
}

impl Supervisor {
    /// The supervisor at `configured`, or where the environment says.
    pub(in crate::sources) fn new(
        configured: Option<&str>,
        context: &BuildContext,
    ) -> Result<Self, BuildError> {
        let environment = &context.surroundings.environment;
        let place = configured.or(environment.get("SUPERVISOR_ADDR")).unwrap_or(USUAL_ADDRESS);
        let url = if place.contains("://") { place.to_owned() } else { format!("http://{place}") };
        let base = address("supervisor_address", &url)
            .map_err(|error| error.hint(format!("Write it as \"{USUAL_ADDRESS}\".")))?;
        Ok(Self { place: authority(&base), base, client: direct(context)? })
    }

    /// Where it is, as host and port.
    pub(in crate::sources) fn address(&self) -> &str {
        &self.place
    }

    /// Which workspace this is.
    pub(in crate::sources) async fn workspace(&self) -> Result<Workspace, Failure> {
        let step = self.step("ask the Gitpod supervisor about the workspace");
        let document = answer::json(self.client.get(self.route(&["info", "workspace"])), step).await?;
        let text = |pointers: [&str; 2], name: &str| {
            let found = pointers.into_iter().find_map(|pointer| document.pointer(pointer)?.as_str());
            let found = found.filter(|text| !text.is_empty()).map(str::to_owned);
            found.ok_or_else(|| answer::garbage(step, &format!("its answer does not name the {name}")))
        };
        Ok(Workspace {
            id: text(["/workspaceId", "/workspace_id"], "workspace")?,
            host: text(["/gitpodApi/host", "/gitpod_api/host"], "API's host")?,
        })
    }

    /// A token for the API of the workspace's installation.
    pub(super) async fn api_token(&self, workspace: &Workspace) -> Result<Secret, Failure> {
        let step = self.step("ask the Gitpod supervisor for an API token");
        let route = self.route(&["token", "gitpod", &workspace.host, SCOPE]);
        answer::field(self.client.get(route), &["/token"], step).await.map(Secret::new)
    }

    fn route(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["_supervisor", "v1"]).extend(segments);
        }
        url
    }

    fn step(&self, operation: &'static str) -> Step<'_> {
        Step { operation, place: &self.place, if_refused: HERE }
    }
}

fn authority(url: &Url) -> String {
    let port = url.port_or_known_default().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// A client without a proxy: the supervisor is on this machine, whatever the proxy variables say.
fn direct(context: &BuildContext) -> Result<Client, BuildError> {
    let proxied = context.surroundings.environment.first(&["http_proxy", "ALL_PROXY", "all_proxy"]).is_some();
    let http = if proxied { Http::new(&Environment::default()) } else { context.http.clone() };
    http.client(&ClientOptions::default())
}
