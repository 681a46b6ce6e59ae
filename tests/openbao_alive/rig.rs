//! One daemon, one server, one token that is kept alive, and clients that use it.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox};
use evercred_test_support::{Daemon, Home, OpenBao, Outcome, Talking, clients};
use rustix::process::Signal;
use serde_json::Value;

pub(crate) const FILE: &str = ".vault-token";
pub(crate) const ID_TOKEN: &str = "token";
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

/// An ID token that the server takes.
pub(crate) fn good() -> Mint {
    Mint::audience("vault.hashicorp.com")
}

/// A daemon that keeps a home's token alive at a server of its own.
pub(crate) struct Rig {
    // Fields are dropped in this order: the daemon ends before what it works with.
    pub(crate) daemon: Daemon,
    pub(crate) home: Home,
    pub(crate) server: OpenBao,
    pub(crate) platform: Sandbox,
}

impl Rig {
    /// Starts evercred, and waits for the first token.
    pub(crate) fn start(server: OpenBao, role: &Value, more: &str) -> Self {
        let mut rig = Self::start_with(server, role, more, &good());
        rig.daemon.until("the first token", LIMIT, || rig.home.read(FILE));
        rig
    }

    /// Starts evercred, with such an ID token in the file of its source.
    pub(crate) fn start_with(server: OpenBao, role: &Value, more: &str, id_token: &Mint) -> Self {
        let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
        server.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
        server.role("dev", role);
        let home = Home::new();
        let token = home.write(ID_TOKEN, platform.mint(id_token));
        let authority = format!("ca_bundle = \"{}\"", server.authority().display());
        let authority = if server.authority().exists() { authority } else { String::new() };
        home.config(&format!(
            r#"
            [source]
            type = "file"
            path = "{}"

            [vault.default]
            address = "{}"
            {authority}
            role = "dev"
            {more}"#,
            token.display(),
            server.address(),
        ));
        Self { daemon: home.start(), home, server, platform }
    }

    pub(crate) fn hvac(&self, arguments: &[&str]) -> Talking {
        Talking::start(at(&self.server, clients::hvac(&self.home)).args(arguments))
    }

    pub(crate) fn lookup(&self, token: &str) -> Option<Value> {
        lookup(&self.home, &self.server, token)
    }

    /// What the command line finds out about the token in the file, which must be good.
    pub(crate) fn lookup_with_the_file(&self) -> Value {
        let mut bao = at(&self.server, clients::bao(&self.home));
        let said = Outcome::of(bao.args(["token", "lookup", "-format=json"])).success();
        serde_json::from_str::<Value>(&said).unwrap()["data"].clone()
    }

    /// Stops evercred by a signal, in an orderly way.
    pub(crate) fn stop(self, signal: Signal) -> Stopped {
        let Self { daemon, home, server, platform: _ } = self;
        let log = home.path("run/stderr");
        daemon.signal(signal);
        assert!(daemon.stop().success());
        Stopped { log: std::fs::read_to_string(log).unwrap(), home, server }
    }

    pub(crate) fn until_class(&mut self, class: &str) -> Value {
        let home = &self.home;
        self.daemon.until(&format!("a failure of the class {class}"), LIMIT, || {
            let error = home.status()["logins"][0]["error"].clone();
            (error["class"] == class).then_some(error)
        })
    }

    pub(crate) fn until_fresh(&mut self) {
        let home = &self.home;
        self.daemon.until("the login to be fresh", LIMIT, || {
            (home.status()["logins"][0]["phase"] == "fresh").then_some(())
        });
    }
}

/// What is left after evercred's end.
pub(crate) struct Stopped {
    pub(crate) home: Home,
    pub(crate) server: OpenBao,
    pub(crate) log: String,
}

impl Stopped {
    pub(crate) fn lookup(&self, token: &str) -> Option<Value> {
        lookup(&self.home, &self.server, token)
    }
}

/// What the server says of a token; nothing, if it does not know it.
fn lookup(home: &Home, server: &OpenBao, token: &str) -> Option<Value> {
    let mut bao = at(server, clients::bao(home));
    bao.env("BAO_TOKEN", token).args(["token", "lookup", "-format=json"]);
    let outcome = Outcome::of(&mut bao);
    if outcome.code() == Some(0) {
        return Some(serde_json::from_str::<Value>(&outcome.stdout).unwrap()["data"].clone());
    }
    assert!(outcome.stderr.contains("Code: 403"), "{outcome:?}");
    None
}

/// A client of that server.
fn at(server: &OpenBao, mut command: Command) -> Command {
    command.env("VAULT_ADDR", server.address());
    if server.authority().exists() {
        command.env("VAULT_CACERT", server.authority());
    }
    command
}

/// What a client said until `enough` is true of it.
pub(crate) fn calls(client: &mut Talking, mut enough: impl FnMut(&[Value]) -> bool) -> Vec<Value> {
    let start = Instant::now();
    let mut calls = Vec::new();
    while !enough(&calls) {
        assert!(start.elapsed() < LIMIT, "{calls:#?}");
        calls.push(serde_json::from_str(&client.line(LIMIT)).unwrap());
    }
    calls
}

pub(crate) fn failed(calls: &[Value]) -> Vec<&Value> {
    calls.iter().filter(|call| call["ok"] != true).collect()
}

pub(crate) fn distinct<'c>(calls: &'c [Value], key: &str) -> BTreeSet<&'c str> {
    calls.iter().filter_map(|call| call[key].as_str()).collect()
}
