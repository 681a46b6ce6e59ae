//! A daemon that keeps a login to Google Cloud at a sandbox, and a metadata server for it.

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{GcpOptions, Options, PlatformOptions, Sandbox};
use evercred_test_support::{Daemon, Home, free_port};
use sha2::{Digest as _, Sha256};

use crate::http::{Answer, ask};

/// Generous: the machine may be busy compiling something else.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);
/// A life that sees many rotations in one test.
pub(crate) const SHORT: Duration = Duration::from_secs(10);

/// Where the variables are that lead programs to the server.
pub(crate) const VARIABLES: &str = ".local/state/evercred/gcp.default.gce-metadata.env";
/// A line that makes it a login as a service account.
pub(crate) const DEV: &str = "service_account = \"dev@acme-dev.iam.gserviceaccount.com\"";
/// The address of that account.
pub(crate) const EMAIL: &str = "dev@acme-dev.iam.gserviceaccount.com";
/// What a direct login has in its place.
pub(crate) const POOL: &str = "workspaces.global.123456789012.workload.id.goog";

#[derive(Debug)]
pub(crate) struct Rig {
    // Fields are dropped in this order: the daemon ends before what it works with.
    pub(crate) daemon: Daemon,
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
    pub(crate) address: String,
}

impl Rig {
    /// Everything lives so long; `login` is added to the login, and `output` to the output.
    pub(crate) fn start(life: Duration, login: &str, output: &str) -> Self {
        let options = Options {
            platform: PlatformOptions { token_lifetime: life, ..PlatformOptions::default() },
            gcp: GcpOptions { token_lifetime: Some(life), ..GcpOptions::default() },
            ..Options::default()
        };
        let sandbox = Sandbox::start(options).unwrap();
        let home = Home::new();
        let (url, provider, address) =
            (sandbox.url(), sandbox.gcp_provider("gitpod"), format!("127.0.0.1:{}", free_port()));
        home.config(&format!(
            "[source]\ntype = \"http\"\nurl = \"{url}/token\"\n\n[gcp.default]\nprovider = \"{provider}\"\n\
             sts_endpoint = \"{url}\"\niam_credentials_endpoint = \"{url}\"\n{login}\n\n\
             [[gcp.default.outputs]]\ntype = \"gce-metadata\"\nlisten = \"{address}\"\n{output}\n"
        ));
        let mut daemon = home.start();
        daemon.until("the variables", LIMIT, || home.read(VARIABLES));
        daemon.until("somebody to listen", LIMIT, || TcpStream::connect(&address).ok());
        Self { daemon, home, sandbox, address }
    }

    /// `client` with the variables that evercred has written, and no others that say the same.
    pub(crate) fn led<'c>(&self, client: &'c mut Command) -> &'c mut Command {
        for line in self.home.read(VARIABLES).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            client.env(name, value);
        }
        client
    }

    /// Asks as Google's libraries do.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(path, "Metadata-Flavor: Google\r\n")
    }

    /// Asks with these headers.
    pub(crate) fn ask(&self, path: &str, headers: &str) -> Answer {
        let address = &self.address;
        let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
        ask(address, &head)
    }
}

/// By what name the sandbox's log knows a token.
pub(crate) fn id(token: &str) -> String {
    let start: [u8; 8] = *Sha256::digest(token).first_chunk().unwrap();
    format!("{:016x}", u64::from_be_bytes(start))[..12].to_owned()
}
