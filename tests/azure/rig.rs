//! A home with an Azure login at a sandbox that plays the public cloud, reached as users reach it: by its real host
//! names, through a proxy, with a certificate authority of one's own.

use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{Options, Sandbox};
use evercred_test_support::{Daemon, Home};
use sha2::{Digest as _, Sha256};

/// Generous: the machine may be busy compiling something else.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

/// Where the certificate authority is.
pub(crate) const AUTHORITY: &str = "authority.pem";

/// The file of variables that evercred writes.
pub(crate) const VARIABLES: &str = ".local/state/evercred/azure.default.env";

/// The ID token that evercred writes.
pub(crate) const TOKEN: &str = ".local/state/evercred/azure.default.jwt";

/// By what name the sandbox's log knows a token.
pub(crate) fn id(token: &str) -> String {
    let start: [u8; 8] = *Sha256::digest(token).first_chunk().unwrap();
    format!("{:016x}", u64::from_be_bytes(start))[..12].to_owned()
}

/// A home and its sandbox.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
}

impl Rig {
    /// A login whose ID tokens come from the platform; `more` is added to its table.
    pub(crate) fn new(options: Options, more: &str) -> Self {
        let rig = Self { sandbox: Sandbox::start(options).unwrap(), home: Home::new() };
        let source = format!("type = \"http\"\nurl = \"{}/token\"", rig.sandbox.url());
        rig.configure(&source, more);
        rig
    }

    /// Writes the config anew, with this source.
    pub(crate) fn configure(&self, source: &str, more: &str) {
        let authority = self.home.write(AUTHORITY, self.sandbox.authority());
        let identity = if more.contains("client_id") { String::new() } else { self.identity() };
        self.home.config(&format!(
            "[source]\n{source}\n\n[azure.default]\n{identity}proxy = \"{}\"\nca_bundle = \"{}\"\n{more}",
            self.sandbox.proxy_url(),
            authority.display(),
        ));
    }

    /// Who the login is.
    pub(crate) fn identity(&self) -> String {
        format!("tenant_id = \"{}\"\nclient_id = \"{}\"\n", self.tenant(), self.client_id())
    }

    pub(crate) fn tenant(&self) -> String {
        let mut id = String::new();
        self.sandbox.adjust(|options| id.clone_from(&options.azure.tenant_id));
        id
    }

    pub(crate) fn client_id(&self) -> String {
        let mut id = String::new();
        self.sandbox.adjust(|options| id.clone_from(&options.azure.applications[0].client_id));
        id
    }

    /// Starts a daemon, and waits until its login is fresh.
    pub(crate) fn start(&self) -> Daemon {
        let mut daemon = self.home.start();
        daemon.until("the first token", LIMIT, || {
            let status = self.home.status();
            (status["logins"][0]["phase"] == "fresh").then_some(())
        });
        daemon
    }

    /// A client with the way to the sandbox, and nothing of the login.
    pub(crate) fn on_the_way(&self, mut command: Command) -> Command {
        let authority = self.home.path(AUTHORITY);
        for name in ["REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] {
            command.env(name, &authority);
        }
        command.env("HTTPS_PROXY", self.sandbox.proxy_url());
        command
    }

    /// The same with the variables that evercred has written for it.
    pub(crate) fn client(&self, command: Command) -> Command {
        let mut command = self.on_the_way(command);
        for line in self.home.read(VARIABLES).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value);
        }
        command
    }
}
