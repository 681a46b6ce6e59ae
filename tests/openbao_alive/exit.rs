//! What becomes of the token when evercred is stopped.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use evercred_test_support::OpenBao;
use rustix::process::Signal;
use serde_json::json;

use super::rig::{FILE, LIMIT, Rig};

const REVOKE: &str = "revoke_on_exit = true\n";

#[test]
fn a_token_outlives_evercred_unless_it_is_to_end_with_it() {
    for (more, survives) in [("", true), (REVOKE, false)] {
        let rig = Rig::start(OpenBao::start_with_tls(), &json!({"token_ttl": "1h"}), more);
        let token = rig.home.read(FILE).unwrap();
        let accessor = rig.lookup(&token).unwrap()["accessor"].clone();
        let rig = rig.stop(Signal::TERM);
        assert_eq!(rig.home.read(FILE).is_some(), survives);
        assert_eq!(rig.lookup(&token).map(|found| found["accessor"].clone()), survives.then_some(accessor));
        assert!(!rig.log.contains(&token), "the token is in the log");
    }
}

#[test]
fn a_token_that_only_evercreds_memory_can_give_back_is_revoked_too() {
    let more = format!("{REVOKE}outputs = [\"env-file\"]\n");
    let mut rig = Rig::start_with(OpenBao::start(), &json!({"token_ttl": "1h"}), &more, &super::rig::good());
    let file = ".local/state/evercred/vault.default.env";
    let home = &rig.home;
    let variables = rig.daemon.until("the variables", LIMIT, || home.read(file));
    let token = variables.lines().find_map(|line| line.strip_prefix("VAULT_TOKEN=")).unwrap();
    assert!(rig.lookup(token).is_some());
    let rig = rig.stop(Signal::INT);
    assert_eq!((rig.home.read(file), rig.lookup(token)), (None, None));
}

#[test]
fn a_server_that_is_gone_or_never_answers_does_not_keep_evercred_from_ending() {
    for answers in [false, true] {
        let mut rig = Rig::start(OpenBao::start(), &json!({"token_ttl": "1h"}), REVOKE);
        rig.server.kill();
        let address = rig.server.address();
        // The kernel takes connections, and nobody reads from them.
        let _hangs = answers.then(|| TcpListener::bind(address.strip_prefix("http://").unwrap()).unwrap());
        let start = Instant::now();
        let rig = rig.stop(Signal::TERM);
        let limit = Duration::from_secs(if answers { 7 } else { 2 });
        assert!(start.elapsed() < limit, "{:?}", start.elapsed());
        assert_eq!(rig.home.read(FILE), None);
        assert!(rig.log.contains("could not be revoked"), "{}", rig.log);
    }
}
