//! Clients of Vault at evercred's address, in front of a real OpenBao: its tokens end after some seconds, and the clients
//! never notice.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox};
use evercred_test_support::{Daemon, Home, OpenBao, Outcome, Talking, clients, free_port};
use serde_json::{Value, json};

use crate::rig::LIMIT;
use crate::wire::{Answer, ask};

/// The first token and three that took its place.
const ENOUGH: usize = 4;
const POLICY: &str = "path \"secret/*\" { capabilities = [\"create\", \"read\", \"update\", \"list\"] }";

struct Rig {
    // Fields are dropped in this order: the daemon ends before what it works with.
    daemon: Daemon,
    home: Home,
    server: OpenBao,
    /// Whose ID tokens the server takes.
    platform: Sandbox,
    listen: String,
}

impl Rig {
    /// A login whose tokens are as `role` says, and `more` lines of its endpoint.
    fn start(role: &Value, more: &str) -> Self {
        Self::listening(&format!("127.0.0.1:{}", free_port()), role, more)
    }

    fn listening(listen: &str, role: &Value, more: &str) -> Self {
        let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
        let server = OpenBao::start();
        server.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
        server.write("sys/policies/acl/app", &json!({ "policy": POLICY }));
        let mut role = role.clone();
        role["token_policies"] = json!(["app"]);
        server.role("dev", &role);
        server.write("secret/data/app", &json!({"data": {"password": "pa55"}}));
        let home = Home::new();
        let token = home.write("token", platform.mint(&Mint::audience("vault.hashicorp.com")));
        let listen = listen.replace("HOME", home.path("").to_str().unwrap());
        home.config(&format!(
            "[source]\ntype = \"file\"\npath = \"{}\"\n\n[vault.default]\naddress = \"{}\"\nrole = \"dev\"\n\
             outputs = [\"vault-token\", {{ type = \"vault-api\", listen = \"{listen}\"{more} }}]\n",
            token.display(),
            server.address(),
        ));
        let mut daemon = home.start();
        daemon.until("the first token", LIMIT, || {
            (home.status()["logins"][0]["phase"] == "fresh").then_some(())
        });
        Self { daemon, home, server, platform, listen }
    }

    /// A client with what the env file says, and nothing else of evercred's.
    fn client(&self, mut command: Command) -> Command {
        for line in self.home.read(".local/state/evercred/vault.default.vault-api.env").unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value);
        }
        command
    }

    fn bao(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.client(clients::bao(&self.home)).args(arguments))
    }

    fn key(&self) -> String {
        self.home.read(".local/state/evercred/vault.default.vault-api.key").unwrap()
    }

    /// The login's own token.
    fn token(&self) -> String {
        self.home.read(".vault-token").unwrap()
    }

    fn ask(&self, line: &str, more: &str) -> Answer {
        let (listen, key) = (&self.listen, self.key());
        let head =
            format!("{line} HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\nX-Vault-Token: {key}\r\n");
        ask(listen, &format!("{head}{more}\r\n"))
    }
}

fn short() -> Value {
    json!({"token_ttl": "3s", "token_max_ttl": "5s"})
}

fn long() -> Value {
    json!({"token_ttl": "1h"})
}

#[test]
fn one_hvac_process_works_while_the_tokens_behind_it_are_replaced() {
    let rig = Rig::start(&short(), "");
    let mut client = Talking::start(&mut rig.client(clients::hvac(&rig.home)));
    let (start, mut calls): (_, Vec<Value>) = (Instant::now(), Vec::new());
    let mut accessors = BTreeSet::new();
    while accessors.len() < ENOUGH && calls.last().is_none_or(|call| call["ok"] == true) {
        assert!(start.elapsed() < LIMIT, "{calls:#?}");
        calls.push(serde_json::from_str(&client.line(LIMIT)).unwrap());
        accessors.extend(calls.last().unwrap()["accessor"].as_str().map(str::to_owned));
    }
    assert_eq!(calls.last().unwrap()["ok"], true, "{:#?}\n{}", calls.last(), rig.daemon.log());
}

#[test]
fn bao_reads_and_lists_while_the_tokens_behind_it_are_replaced() {
    let rig = Rig::start(&short(), "");
    let (start, mut tokens) = (Instant::now(), BTreeSet::new());
    while tokens.len() < ENOUGH {
        assert!(start.elapsed() < LIMIT, "{tokens:?}");
        assert_eq!(rig.bao(&["kv", "get", "-field=password", "secret/app"]).success(), "pa55");
        assert!(rig.bao(&["kv", "list", "secret/"]).success().contains("app"));
        tokens.insert(rig.token());
    }
    let log = rig.daemon.log();
    assert!(!tokens.iter().any(|token| log.contains(token)) && !log.contains(&rig.key()), "{log}");
    assert!(!log.contains("pa55"), "{log}");
}

#[test]
fn the_logins_own_token_never_comes_back() {
    let rig = Rig::start(&long(), ", allow_writes = true");
    let found = rig.ask("GET /v1/auth/token/lookup-self", "");
    assert_eq!(found.status, 200, "{found:?}");
    assert!(found.body.contains(&rig.key()) && !found.body.contains(&rig.token()), "{found:?}");
    let found: Value =
        serde_json::from_str(&rig.bao(&["token", "lookup", "-format=json"]).success()).unwrap();
    assert_eq!(found["data"]["id"], rig.key().as_str());
}

#[test]
fn writes_are_passed_on_only_where_they_are_allowed() {
    let rig = Rig::start(&long(), "");
    let refused = rig.bao(&["kv", "put", "secret/app", "password=other"]).failure();
    assert!(refused.stderr.contains("allow_writes = true"), "{refused:?}");
    assert_eq!(rig.bao(&["kv", "get", "-field=password", "secret/app"]).success(), "pa55");

    let rig = Rig::start(&long(), ", allow_writes = true");
    rig.bao(&["kv", "put", "secret/app", "password=other"]).success();
    assert_eq!(rig.bao(&["kv", "get", "-field=password", "secret/app"]).success(), "other");
}

#[test]
fn a_program_that_renews_its_token_is_told_that_it_lives_and_changes_nothing() {
    let rig = Rig::start(&long(), "");
    let renewed = rig.bao(&["token", "renew", "-increment=5s", "-format=json"]).success();
    let renewed: Value = serde_json::from_str(&renewed).unwrap();
    assert_eq!(renewed["auth"]["client_token"], rig.key().as_str());
    assert_eq!(
        (&renewed["auth"]["lease_duration"], &renewed["auth"]["renewable"]),
        (&json!(3600), &json!(true))
    );
    let found: Value = serde_json::from_str(&rig.ask("GET /v1/auth/token/lookup-self", "").body).unwrap();
    assert!(found["data"]["ttl"].as_u64().unwrap() > 3_000, "{found}");
}

#[test]
fn nobody_ends_the_token_of_all_the_others() {
    let rig = Rig::start(&long(), ", allow_writes = true");
    let refused = rig.bao(&["token", "revoke", "-self"]).failure();
    assert!(refused.stderr.contains("evercred logout"), "{refused:?}");
    for path in
        ["auth/token/revoke-self", "auth/token/revoke%2Dself", "auth/token/renew", "auth/token/revoke"]
    {
        let refused = rig.ask(&format!("POST /v1/{path}"), "Content-Length: 0\r\n");
        assert_eq!(refused.status, 403, "{path}: {refused:?}");
    }
    for path in [
        "secret/../auth/token/revoke-self",
        "secret/%2e%2e/auth/token/revoke-self",
        "/auth/token/revoke-self",
    ] {
        let refused = rig.ask(&format!("POST /v1/{path}"), "Content-Length: 0\r\n");
        assert_eq!(refused.status, 404, "{path}: {refused:?}");
    }
    assert_eq!(rig.ask("GET /v1/auth/token/lookup-self", "").status, 200);
}

#[test]
fn who_has_not_the_key_gets_nothing_not_even_with_the_logins_own_token() {
    let rig = Rig::start(&long(), "");
    let (listen, token) = (&rig.listen, rig.token());
    for presented in ["", "X-Vault-Token: wrong\r\n", &format!("X-Vault-Token: {token}\r\n")] {
        let request = format!(
            "GET /v1/secret/data/app HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n{presented}\r\n"
        );
        let refused = ask(listen, &request);
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(!refused.body.contains("pa55"), "{refused:?}");
    }
    assert_eq!(rig.ask("GET /v1/secret/data/app", "X-Forwarded-For: 10.0.0.1\r\n").status, 403);
    assert_ne!(rig.ask("GET /v1/secret/data/app", "Content-Length: 100000\r\n").status, 200);
    assert!(rig.ask("GET /v1/secret/data/app", "").body.contains("pa55"));
    let bearer = format!(
        "GET /v1/secret/data/app HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
        rig.key()
    );
    assert_eq!(ask(listen, &bearer).status, 200);
}

#[test]
fn a_token_that_somebody_revoked_is_replaced_within_the_request() {
    let rig = Rig::start(&long(), "");
    let accessor = |answer: Answer| {
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        answer["data"]["accessor"].as_str().unwrap().to_owned()
    };
    let before = accessor(rig.ask("GET /v1/auth/token/lookup-self", ""));
    rig.server.admin(["token", "revoke", "-accessor", &before]);
    let after = accessor(rig.ask("GET /v1/auth/token/lookup-self", ""));
    assert_ne!(before, after);
    let denied = rig.ask("GET /v1/sys/policies/acl/app", "");
    assert_eq!(denied.status, 403, "{denied:?}");
    assert_eq!(
        accessor(rig.ask("GET /v1/auth/token/lookup-self", "")),
        after,
        "a refusal of a path is none of the token"
    );
}

#[test]
fn a_server_that_is_gone_is_said() {
    let mut rig = Rig::start(&long(), "");
    rig.server.kill();
    let failed = rig.ask("GET /v1/secret/data/app", "");
    assert_eq!(failed.status, 502, "{failed:?}");
    assert!(failed.body.contains("failed to pass the request on"), "{failed:?}");
}

#[test]
fn bao_asks_at_a_socket_of_its_user() {
    let rig = Rig::listening("unix:HOMErun/vault.sock", &long(), "");
    assert_eq!(rig.bao(&["kv", "get", "-field=password", "secret/app"]).success(), "pa55");
}

#[test]
fn a_restart_keeps_address_and_key_and_token() {
    let rig = Rig::start(&long(), "");
    let (key, token) = (rig.key(), rig.token());
    let mut client = Talking::start(&mut rig.client(clients::hvac(&rig.home)));
    client.line(LIMIT);
    let Rig { daemon, home, server, platform, listen } = rig;
    assert!(daemon.stop().success());
    let rig = Rig { daemon: home.start(), home, server, platform, listen };
    evercred_test_support::until("an answer", Duration::from_secs(30), || {
        let call: Value = serde_json::from_str(&client.line(LIMIT)).unwrap();
        (call["ok"] == true).then_some(())
    });
    assert_eq!((rig.key(), rig.token()), (key, token));
}
