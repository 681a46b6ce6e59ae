//! A Vault token stays alive: clients that nobody restarts keep working, through renewals, the end of a token's
//! longest life, a crash of the server, and a restart of evercred.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "how long a client works is measured outside of the program")]

#[path = "openbao_alive/exit.rs"]
mod exit;
#[path = "openbao_alive/replaced.rs"]
mod replaced;
#[path = "openbao_alive/rig.rs"]
mod rig;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use evercred_test_support::{OpenBao, until};
use serde_json::{Value, json};

use rig::{FILE, LIMIT, Rig, calls, distinct, failed};

#[test]
fn one_hvac_process_works_through_five_renewals_of_the_same_token() {
    let rig = Rig::start(OpenBao::start(), &json!({"token_period": "4s"}), "");
    let mut client = rig.hvac(&[]);
    let calls = calls(&mut client, |calls| distinct(calls, "last_renewal").len() > 5);
    assert_eq!(failed(&calls), Vec::<&Value>::new(), "{}", rig.daemon.log());
    assert_eq!(distinct(&calls, "accessor").len(), 1, "it was one token");
}

#[test]
fn a_client_that_reads_the_file_never_fails_although_each_token_ends_after_thirty_seconds() {
    let rig = Rig::start(OpenBao::start(), &json!({"token_ttl": "10s", "token_max_ttl": "30s"}), "");
    let mut client = rig.hvac(&["--reread"]);
    let start = Instant::now();
    let calls = calls(&mut client, |_| start.elapsed() > Duration::from_secs(70));
    assert_eq!(failed(&calls), Vec::<&Value>::new(), "{}", rig.daemon.log());
    let tokens = distinct(&calls, "accessor").len();
    assert!((3..=4).contains(&tokens), "{tokens} tokens in 70 s: each is kept until its end is near");
}

#[test]
fn the_command_line_works_in_a_loop_through_three_rotations() {
    let mut rig = Rig::start(OpenBao::start(), &json!({"token_ttl": "4s", "token_max_ttl": "6s"}), "");
    let mut accessors = BTreeSet::new();
    until("four tokens", LIMIT, || {
        accessors.insert(rig.lookup_with_the_file()["accessor"].as_str().unwrap().to_owned());
        (accessors.len() > 3).then_some(())
    });
    rig.until_fresh();
}

#[test]
fn a_server_that_was_killed_finds_the_same_token_renewed_within_a_second_of_its_return() {
    let mut rig =
        Rig::start(OpenBao::start_on_disk(), &json!({"token_ttl": "1h"}), "refresh_every = \"1s\"\n");
    let token = rig.home.read(FILE).unwrap();
    rig.server.kill();
    let dead = Instant::now();
    rig.until_class("unreachable");
    until("ten seconds without a server", LIMIT, || (dead.elapsed() > Duration::from_secs(10)).then_some(()));
    rig.server.start_again();
    let back = Instant::now();
    rig.until_fresh();
    assert!(back.elapsed() < Duration::from_secs(1), "{:?}", back.elapsed());
    assert_eq!(rig.home.read(FILE).unwrap(), token);
    assert!(!rig.daemon.log().contains(&token), "the token is in the log");
}

#[test]
fn a_sealed_server_is_told_from_a_dead_one_and_waited_for() {
    let mut rig =
        Rig::start(OpenBao::start_on_disk(), &json!({"token_ttl": "1h"}), "refresh_every = \"1s\"\n");
    rig.server.admin(["operator", "seal"]);
    let error = rig.until_class("unreachable");
    assert!(error["message"].as_str().unwrap().contains("sealed"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("unseal"), "{error}");
    rig.server.kill();
    rig.server.start_again();
    rig.until_fresh();
}

#[test]
fn a_restart_of_evercred_keeps_the_token_and_goes_on_renewing_it() {
    let rig = Rig::start(OpenBao::start(), &json!({"token_period": "4s"}), "");
    let mut client = rig.hvac(&[]);
    let Rig { home, daemon, server: _server, platform: _platform } = rig;
    assert!(daemon.stop().success());
    let _daemon = home.start();
    let calls = calls(&mut client, |calls| distinct(calls, "last_renewal").len() > 2);
    assert_eq!(failed(&calls), Vec::<&Value>::new());
    assert_eq!(distinct(&calls, "accessor").len(), 1);
}
