//! Clients that nobody restarts keep working while evercred rotates their credentials: the main job.
//!
//! The sandbox verifies every signature, and its sessions live twenty seconds while new ones come every two: a client
//! that works with the twelfth key has outlived its first session.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{AwsOptions, Group, Mint, Options, Sandbox};
use evercred_test_support::{Call, Daemon, Home, Talking, clients};

const SESSION: Duration = Duration::from_secs(20);
const ENOUGH_KEYS: usize = 12;
const LIMIT: Duration = Duration::from_mins(2);

const CONFIG: &str = ".aws/config";
const CREDENTIALS: &str = ".aws/credentials";
const DOCUMENT: &str = ".local/state/evercred/aws.default.json";

#[test]
fn one_boto3_process_works_through_many_rotations() {
    works_through_many_rotations(clients::boto3);
}

#[test]
fn one_process_of_the_javascript_sdk_works_through_many_rotations() {
    works_through_many_rotations(clients::javascript);
}

#[test]
fn the_aws_cli_works_in_a_loop_through_many_rotations() {
    works_through_many_rotations(clients::aws_loop);
}

#[test]
fn readers_never_see_a_partial_or_mixed_file_while_a_daemon_rotates() {
    let rig = Rig::start();
    let (credentials, document) = (rig.home.path(CREDENTIALS), rig.home.path(DOCUMENT));
    let mut readers: Vec<_> =
        (0..2).map(|_| clients::reader(&rig.home, &credentials, "legacy", &document)).collect();
    for reader in &mut readers {
        assert_eq!(reader.line(LIMIT), "ready");
    }
    rig.sandbox.forget_requests();
    assert!(rig.sandbox.wait_until(LIMIT, |requests| requests.len() >= ENOUGH_KEYS));
    for reader in readers {
        let seen = reader.summary(LIMIT);
        assert_eq!(seen["problems"], serde_json::json!({}), "{seen}");
        assert!(seen["access_keys"].as_u64().unwrap() >= 5, "{seen}");
    }
}

fn works_through_many_rotations(client: impl Fn(&Home) -> Command) {
    let rig = Rig::start();
    let mut client = client(&rig.home);
    let mut client = Talking::start(client.env("AWS_ENDPOINT_URL", rig.sandbox.url()));
    let calls = client.calls(LIMIT, |calls| keys(calls).len() >= ENOUGH_KEYS);
    let failed: Vec<&Call> = calls.iter().filter(|call| !call.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", rig.daemon.log());
    assert_eq!(keys(&calls).difference(&rig.verified_keys()).count(), 0, "the sandbox verified each of them");
}

fn keys(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().filter_map(|call| call.access_key_id.clone()).collect()
}

/// A daemon that keeps a home's login fresh at a sandbox.
struct Rig {
    // Fields are dropped in this order: the daemon ends before what it works with.
    daemon: Daemon,
    home: Home,
    sandbox: Sandbox,
}

impl Rig {
    fn start() -> Self {
        let aws = AwsOptions { session_lifetime: Some(SESSION), ..AwsOptions::default() };
        let sandbox = Sandbox::start(Options { aws, ..Options::default() }).unwrap();
        let home = Home::new();
        let token = home.write("token", sandbox.mint(&Mint::default()));
        home.config(&format!(
            r#"
            [source]
            type = "file"
            path = "{}"

            [aws.default]
            role_arn = "{}"
            endpoint_url = "{}"
            region = "us-east-1"
            refresh_every = "2s"

            [[aws.default.outputs]]
            type = "profile"
            region = "us-east-1"

            [[aws.default.outputs]]
            type = "static-profile"
            profile = "legacy"
            "#,
            token.display(),
            sandbox.role_arn("dev"),
            sandbox.url(),
        ));
        let mut daemon = home.start();
        let published = || [CONFIG, CREDENTIALS, DOCUMENT].iter().all(|file| home.read(file).is_some());
        daemon.until("the first files", LIMIT, || published().then_some(()));
        Self { daemon, home, sandbox }
    }

    /// The keys whose signature under `GetCallerIdentity` the sandbox found good.
    fn verified_keys(&self) -> BTreeSet<String> {
        let calls = self.sandbox.requests_to(Group::Sts).into_iter().filter(|request| {
            request.succeeded() && request.facts.action.as_deref() == Some("GetCallerIdentity")
        });
        calls.filter_map(|request| request.facts.signed_by).collect()
    }
}
