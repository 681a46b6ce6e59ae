//! A daemon that keeps a login to Azure at a sandbox, and a managed identity for it.

use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{AzureOptions, Group, Options};
use evercred_test_support::{Daemon, Home, free_port};
use serde_json::Value;

use crate::azure;
use crate::http::{Answer, ask};

/// Where the variables are that lead programs to the identity.
pub(crate) const VARIABLES: &str = ".local/state/evercred/azure.default.identity.env";

pub(crate) struct Rig {
    // Fields are dropped in this order: the daemon ends before what it works with.
    pub(crate) daemon: Daemon,
    pub(crate) azure: azure::Rig,
    pub(crate) address: String,
}

impl Rig {
    /// Access tokens live so long; `login` is added to the login, and `output` to the output.
    pub(crate) fn start(life: Duration, login: &str, output: &str) -> Self {
        let options = AzureOptions { access_token_lifetime: life, ..AzureOptions::default() };
        let address = format!("127.0.0.1:{}", free_port());
        let more = format!(
            "{login}\n[[azure.default.outputs]]\ntype = \"managed-identity\"\nlisten = \"{address}\"\n{output}\n"
        );
        let azure = azure::Rig::new(Options { azure: options, ..Options::default() }, &more);
        Self::at(azure, address)
    }

    /// With a daemon that listens.
    pub(crate) fn at(azure: azure::Rig, address: String) -> Self {
        let mut daemon = azure.start();
        daemon.until("somebody to listen", azure::LIMIT, || TcpStream::connect(&address).ok());
        Self { daemon, azure, address }
    }

    pub(crate) fn home(&self) -> &Home {
        &self.azure.home
    }

    /// A client with the variables that evercred has written.
    pub(crate) fn led(&self, client: Command) -> Command {
        let mut client = self.azure.on_the_way(client);
        for (name, value) in self.variables() {
            client.env(name, value);
        }
        client
    }

    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let file = self.home().read(VARIABLES).unwrap();
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        file.lines().map(|line| pair(line).unwrap()).collect()
    }

    /// The secret that programs present.
    pub(crate) fn secret(&self) -> String {
        self.variables().into_iter().find(|(name, _)| name == "IDENTITY_HEADER").unwrap().1
    }

    /// Asks for this path with these headers.
    pub(crate) fn ask(&self, path: &str, headers: &str) -> (Answer, Value) {
        let address = &self.address;
        let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
        let answer = ask(address, &head);
        let json = serde_json::from_str(&answer.body).unwrap_or_default();
        (answer, json)
    }

    /// Asks as App Service's programs do.
    pub(crate) fn token(&self, query: &str) -> (Answer, Value) {
        let path = format!("/msi/token?api-version=2019-08-01&{query}");
        self.ask(&path, &format!("X-IDENTITY-HEADER: {}\r\n", self.secret()))
    }

    /// How often somebody was at Entra for this scope.
    pub(crate) fn exchanges_for(&self, scope: &str) -> usize {
        let asked = self.azure.sandbox.requests_to(Group::Entra).into_iter();
        asked.filter(|request| request.facts.scope.as_deref() == Some(scope)).count()
    }
}
