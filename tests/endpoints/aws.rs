//! SDKs of AWS at the container endpoint. The sandbox verifies each signature; its sessions are short, so that a client
//! that works with the fourth key has asked again three times.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use evercred_sandbox::Group;
use evercred_test_support::{Call, Home, Talking, clients};

use crate::rig::{LIMIT, Rig};
use crate::sdk;

/// The first and three rotations.
const ENOUGH_KEYS: usize = 4;

#[test]
fn one_boto3_process_asks_through_rotations() {
    asks_through_rotations(clients::boto3, Duration::from_secs(20));
}

#[test]
fn one_process_of_the_javascript_sdk_asks_through_rotations() {
    asks_through_rotations(clients::javascript, Duration::from_secs(20));
}

#[test]
fn one_process_of_the_rust_sdk_asks_through_rotations() {
    // It asks ten seconds before the end.
    asks_through_rotations(sdk::process, Duration::from_secs(12));
}

#[test]
fn the_aws_cli_asks_in_a_loop_through_rotations() {
    asks_through_rotations(clients::aws_loop, Duration::from_secs(20));
}

fn asks_through_rotations(client: impl Fn(&Home) -> Command, session: Duration) {
    let rig = Rig::start(session, "refresh_every = \"2s\"");
    let mut client = rig.client(client);
    let calls = calls(&mut client, |calls| keys(calls).len() >= ENOUGH_KEYS);
    let failed: Vec<&Call> = calls.iter().filter(|call| !call.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", rig.daemon.log());
    assert_eq!(keys(&calls).difference(&verified_keys(&rig)).count(), 0, "the sandbox verified each of them");
    let log = rig.daemon.log();
    assert!(!log.contains(&rig.key()) && keys(&calls).iter().all(|key| !log.contains(key)), "{log}");
}

fn calls(client: &mut Talking, enough: impl Fn(&[Call]) -> bool) -> Vec<Call> {
    let start = Instant::now();
    let mut calls: Vec<Call> = Vec::new();
    while !enough(&calls) && calls.last().is_none_or(|call| call.ok) {
        assert!(start.elapsed() < LIMIT, "{calls:#?}");
        let line = client.line(LIMIT);
        // The test harness says a few words of its own.
        calls.extend(line.starts_with('{').then(|| serde_json::from_str::<Call>(&line).unwrap()));
    }
    calls
}

fn keys(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().filter_map(|call| call.access_key_id.clone()).collect()
}

fn verified_keys(rig: &Rig) -> BTreeSet<String> {
    let calls = rig.sandbox.requests_to(Group::Sts).into_iter().filter(|request| {
        request.succeeded() && request.facts.action.as_deref() == Some("GetCallerIdentity")
    });
    calls.filter_map(|request| request.facts.signed_by).collect()
}
