//! The sandbox as a test sees it.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::fault::{Fault, Group};
use crate::keys::OldKeys;
use crate::log::Request;
use crate::options::Options;
use crate::tokens::Mint;

/// A running sandbox. Dropping it stops it. All its methods block, and none needs an async runtime.
#[derive(Debug)]
pub struct Sandbox {}

impl Sandbox {
    /// Starts one on 127.0.0.1; when this returns, it answers.
    pub fn start(options: Options) -> io::Result<Self> {
        let _ = options;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Stops answering: connections break, new ones are refused. Keys, sessions, faults and log stay.
    pub fn stop(&self) {}

    /// Answers again, on the same port, after [`Sandbox::stop`].
    pub fn resume(&self) -> io::Result<()> {
        Ok(())
    }

    /// `http://127.0.0.1:port`, without a slash at the end. It is also the endpoint of STS.
    pub fn url(&self) -> String {
        String::new()
    }

    /// `127.0.0.1:port`: also what `SUPERVISOR_ADDR` should be.
    pub fn address(&self) -> String {
        String::new()
    }

    /// The issuer of the ID tokens: `{url}/idp`.
    pub fn issuer(&self) -> String {
        String::new()
    }

    /// What `ACTIONS_ID_TOKEN_REQUEST_URL` should be.
    pub fn github_request_url(&self) -> String {
        String::new()
    }

    /// The ARN of a role, by its name.
    pub fn role_arn(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Mints an ID token.
    pub fn mint(&self, mint: &Mint) -> String {
        let _ = mint;
        String::new()
    }

    /// Signs with a new key from now on.
    pub fn rotate_keys(&self, old: OldKeys) {
        let _ = old;
    }

    /// Changes the set-up while it runs: lifetimes, claims, roles. Port and algorithm stay as they were.
    pub fn adjust(&self, change: impl FnOnce(&mut Options)) {
        let _ = change;
    }

    /// Moves the sandbox's clock forward.
    pub fn advance(&self, by: Duration) {
        let _ = by;
    }

    /// Lets something go wrong with the next requests to `group`. Faults of one group come one after the other.
    pub fn fault(&self, group: Group, fault: Fault) {
        let _ = (group, fault);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {}

    /// All requests so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        Vec::new()
    }

    /// The requests to one group so far.
    pub fn requests_to(&self, group: Group) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.group == group).collect()
    }

    /// Waits until `enough` is true of the requests so far; false if that took longer than `limit`.
    pub fn wait_until(&self, limit: Duration, enough: impl FnMut(&[Request]) -> bool) -> bool {
        let _ = (limit, enough);
        false
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {}

    /// Ends every session of every cloud, as if their credentials had been revoked.
    pub fn revoke_sessions(&self) {}

    /// Puts the stand-ins `gp`, `ona` and `gitpod` into `folder`, as links to `binary` (`evercred-sandbox`). They
    /// find the sandbox through `EVERCRED_SANDBOX_URL`, which is [`Sandbox::url`].
    pub fn install_commands(folder: &Path, binary: &Path) -> io::Result<()> {
        let _ = (folder, binary);
        Ok(())
    }
}
