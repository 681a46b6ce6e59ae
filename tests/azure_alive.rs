//! Clients of Azure that nobody restarts keep getting tokens while evercred rotates their ID token: the main job.
//!
//! Their caches are measured in minutes: the assertion is kept for five or ten, the access token until five are left. So
//! everything is a model at 1:200. The ID tokens live eighteen seconds, which is an hour to a client whose clock runs 200
//! times faster, and its ten minutes are three seconds. The sandbox verifies each assertion by its own, true clock: one
//! that a client has kept too long is refused.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(
    clippy::disallowed_methods,
    reason = "the clients are programs of their own, with clocks of their own"
)]

#[path = "azure/rig.rs"]
#[expect(dead_code, reason = "each test of Azure takes what it needs")]
mod rig;
#[path = "azure/sdk.rs"]
mod sdk;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use evercred_sandbox::{AzureOptions, Group, Options, PlatformOptions};
use evercred_test_support::{Home, Talking, clients};
use serde_json::Value;

use self::rig::{LIMIT, Rig};

const ID_TOKEN: Duration = Duration::from_secs(18);
const HURRY: u32 = 200;
/// A second after it was issued a client in such a hurry wants another one.
const ACCESS_TOKEN: Duration = Duration::from_secs(500);
/// The first and five rotations.
const ENOUGH: usize = 6;

#[test]
fn one_process_of_azure_identity_for_python_works_through_five_rotations() {
    works_through_five_rotations(clients::azure_python, false);
}

#[test]
fn one_process_of_azure_identity_for_javascript_works_through_five_rotations() {
    works_through_five_rotations(clients::azure_javascript, false);
}

#[test]
fn one_process_of_the_azure_identity_crate_works_through_five_rotations() {
    // It measures the age of an assertion with the monotonic clock.
    works_through_five_rotations(sdk::process, true);
}

#[test]
fn without_evercred_the_same_client_fails_when_its_assertion_has_expired() {
    let rig = rig();
    rig.home.run(["once"]).success();
    let mut client = hurried(&rig, clients::azure_python, false);
    let calls = calls(&mut client, |_| false);
    let error = calls.last().unwrap()["error"].as_str().unwrap();
    assert!(calls.len() > 1 && error.contains("AADSTS700024"), "{error}");
}

#[test]
#[ignore = "not a test: the process that the one above starts"]
fn client_process() {
    sdk::work();
}

fn works_through_five_rotations(client: impl Fn(&Home) -> Command, all_clocks: bool) {
    let rig = rig();
    let daemon = rig.start();
    rig.sandbox.forget_requests();
    let mut client = hurried(&rig, client, all_clocks);
    let calls = calls(&mut client, |_| shown_by_the_client(&rig).len() >= ENOUGH);
    let failed: Vec<&Value> = calls.iter().filter(|call| call["ok"] != true).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", daemon.log());
    let tokens: BTreeSet<&str> = calls.iter().filter_map(|call| call["access_token_id"].as_str()).collect();
    assert!(tokens.len() >= ENOUGH, "{tokens:?}");
    assert_eq!(
        tokens.difference(&taken_by_the_manager(&rig).iter().map(String::as_str).collect()).count(),
        0
    );
}

/// A login with what a client in a hurry is to see: short-lived assertions and access tokens.
fn rig() -> Rig {
    let platform = PlatformOptions { token_lifetime: ID_TOKEN, ..PlatformOptions::default() };
    let azure = AzureOptions { access_token_lifetime: ACCESS_TOKEN, ..AzureOptions::default() };
    let more = "refresh_every = \"2s\"\noutputs = [\"workload-identity\"]\n";
    Rig::new(Options { platform, azure, ..Options::default() }, more)
}

/// A client that has just been started, with what evercred has written for it.
fn hurried(rig: &Rig, client: impl Fn(&Home) -> Command, all_clocks: bool) -> Talking {
    let command = rig.client(client(&rig.home));
    Talking::start(&mut clients::hurried(&rig.home, &command, HURRY, all_clocks))
}

/// What the client said until `enough` is true; a client that fails has said enough.
fn calls(client: &mut Talking, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let start = Instant::now();
    let mut calls: Vec<Value> = Vec::new();
    while !enough(&calls) && calls.last().is_none_or(|call| call["ok"] == true) {
        assert!(start.elapsed() < LIMIT, "{calls:#?}");
        let line = client.line(LIMIT);
        // The test harness says a few words of its own.
        calls.extend(line.starts_with('{').then(|| serde_json::from_str::<Value>(&line).unwrap()));
    }
    calls
}

/// The assertions by which the client, and not evercred, got its tokens: those whose access token was used.
fn shown_by_the_client(rig: &Rig) -> BTreeSet<String> {
    let used = taken_by_the_manager(rig);
    let issued = rig.sandbox.requests_to(Group::Entra).into_iter().filter(|request| {
        request.succeeded() && request.facts.access_token_id.as_ref().is_some_and(|id| used.contains(id))
    });
    issued.filter_map(|request| request.facts.token_id).collect()
}

/// The access tokens that the resource manager found good.
fn taken_by_the_manager(rig: &Rig) -> BTreeSet<String> {
    let listed = rig.sandbox.requests_to(Group::Arm).into_iter().filter(evercred_sandbox::Request::succeeded);
    listed.filter_map(|request| request.facts.access_token_id).collect()
}
