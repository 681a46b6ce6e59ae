//! The sandbox as a test sees it.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::doors::{Closed, Doors};
use crate::fault::{Fault, Group};
use crate::keys::OldKeys;
use crate::log::Request;
use crate::options::Options;
use crate::server::Server;
use crate::state::{Addresses, State, lock};
use crate::tokens::{self, Mint};

/// A running sandbox. Dropping it stops it. All its methods block, and none needs an async runtime.
pub struct Sandbox {
    state: Arc<State>,
    addresses: Addresses,
    serving: Mutex<Serving>,
}

/// One of the two, but for a moment.
#[derive(Debug)]
struct Serving {
    server: Option<Server>,
    closed: Option<Closed>,
}

impl Sandbox {
    /// Starts one on 127.0.0.1; when this returns, it answers.
    pub fn start(options: Options) -> io::Result<Self> {
        let doors = Doors::open(options.port)?;
        let addresses = doors.addresses()?;
        let state = Arc::new(State::new(&addresses, options)?);
        let server = Some(Server::start(Arc::clone(&state), doors)?);
        Ok(Self { state, addresses, serving: Mutex::new(Serving { server, closed: None }) })
    }

    /// Stops answering: connections break, new ones are refused. Keys, sessions, faults, log and ports stay.
    pub fn stop(&self) {
        let mut serving = lock(&self.serving);
        if let Some(server) = serving.server.take() {
            drop(server);
            serving.closed = Closed::at(&self.addresses).ok();
        }
    }

    /// Answers again, on the same ports, after [`Sandbox::stop`].
    pub fn resume(&self) -> io::Result<()> {
        let mut serving = lock(&self.serving);
        if serving.server.is_none() {
            let closed = serving.closed.take().map_or_else(|| Closed::at(&self.addresses), Ok)?;
            serving.server = Some(Server::start(Arc::clone(&self.state), closed.open()?)?);
        }
        Ok(())
    }

    /// `http://127.0.0.1:port`, without a slash at the end. It is also the endpoint of STS.
    pub fn url(&self) -> String {
        self.state.url()
    }

    /// `127.0.0.1:port`: also what `SUPERVISOR_ADDR` should be.
    pub fn address(&self) -> String {
        self.state.address.clone()
    }

    /// The same place under TLS, with a certificate of [`Sandbox::authority`]: `https://127.0.0.1:port`. It is also
    /// the authority host of Entra and the endpoint of Azure Resource Manager.
    pub fn https_url(&self) -> String {
        self.state.https_url()
    }

    /// A proxy that takes every host to the sandbox: what `HTTPS_PROXY` should be for programs that know nothing but
    /// their vendor's hosts.
    pub fn proxy_url(&self) -> String {
        self.state.proxy_url()
    }

    /// The certificate authority behind [`Sandbox::https_url`] and [`Sandbox::proxy_url`], as PEM.
    pub fn authority(&self) -> &str {
        &self.state.tls.authority
    }

    /// The issuer of the ID tokens: `{url}/idp`.
    pub fn issuer(&self) -> String {
        self.state.issuer()
    }

    /// What `ACTIONS_ID_TOKEN_REQUEST_URL` should be. The token for it is `PlatformOptions::github_token`.
    pub fn github_request_url(&self) -> String {
        self.state.github_request_url()
    }

    /// The ARN of a role, by its name.
    pub fn role_arn(&self, name: &str) -> String {
        self.state.options().aws.role_arn(name)
    }

    /// The resource name of a workload identity provider of Google Cloud, by its id.
    pub fn gcp_provider(&self, id: &str) -> String {
        self.state.options().gcp.provider_name(id)
    }

    /// The address of a service account of Google Cloud, by its name.
    pub fn service_account(&self, name: &str) -> String {
        self.state.options().gcp.email(name)
    }

    /// Mints an ID token.
    ///
    /// # Panics
    /// If the claims cannot be signed, which does not happen with claims that are JSON.
    #[expect(clippy::expect_used, reason = "a test that cannot mint its token has nothing to go on with")]
    pub fn mint(&self, mint: &Mint) -> String {
        tokens::mint(&self.state, mint).expect("the token can be signed")
    }

    /// Signs with a new key from now on.
    pub fn rotate_keys(&self, old: OldKeys) -> io::Result<()> {
        self.state.keys().rotate(old)
    }

    /// Changes the set-up while it runs: lifetimes, claims, roles. Port and algorithm stay as they were.
    pub fn adjust(&self, change: impl FnOnce(&mut Options)) {
        let mut options = self.state.options();
        let (port, algorithm) = (options.port, options.algorithm);
        change(&mut options);
        (options.port, options.algorithm) = (port, algorithm);
    }

    /// Moves the sandbox's clock forward.
    pub fn advance(&self, by: Duration) {
        self.state.clock.advance(by);
    }

    /// Lets something go wrong with the next requests to `group`. Of several faults, the oldest that fits hits
    /// first.
    pub fn fault(&self, group: Group, fault: Fault) {
        self.state.faults.add(group, fault);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// All requests so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.state.log.all()
    }

    /// The requests to one group so far.
    pub fn requests_to(&self, group: Group) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.group == group).collect()
    }

    /// Waits until `enough` is true of the requests so far; false if that took longer than `limit`.
    pub fn wait_until(&self, limit: Duration, enough: impl FnMut(&[Request]) -> bool) -> bool {
        self.state.log.wait_until(limit, enough)
    }

    /// Every secret that it handed out so far: ID tokens, and the secret keys and tokens of sessions of all clouds. For looking
    /// for them where they must not be.
    pub fn secrets(&self) -> Vec<String> {
        self.state.secrets().clone()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.state.log.clear();
    }

    /// Ends every session of every cloud, as if their credentials had been revoked.
    pub fn revoke_sessions(&self) {
        self.state.revoke();
    }

    /// Puts the stand-ins `gp`, `ona` and `gitpod` into `folder`, which must be there, as links to `binary`
    /// (`evercred-sandbox`). They find the sandbox through `EVERCRED_SANDBOX_URL`, which is [`Sandbox::url`].
    pub fn install_commands(folder: &Path, binary: &Path) -> io::Result<()> {
        for name in ["gp", "ona", "gitpod"] {
            std::os::unix::fs::symlink(binary, folder.join(name))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}
