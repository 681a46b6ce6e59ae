//! Clients that nobody restarts keep working while evercred rotates their credentials: the main job.
//!
//! The sandbox verifies every signature, and its sessions live twenty seconds while new ones come every two: a client
//! that works with the twelfth key has outlived its first session.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

#[path = "alive/federated.rs"]
mod federated;
#[path = "alive/registry.rs"]
mod registry;
#[path = "alive/sdk.rs"]
mod sdk;
#[path = "alive/terraform.rs"]
mod terraform;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{AwsOptions, Group, Mint, Options, Request, Sandbox};
use evercred_test_support::{Call, Daemon, Home, Talking, clients};

const SESSION: Duration = Duration::from_secs(20);
const ENOUGH_KEYS: usize = 12;
const LIMIT: Duration = Duration::from_mins(2);

const CONFIG: &str = ".aws/config";
const CREDENTIALS: &str = ".aws/credentials";
const DOCUMENT: &str = ".local/state/evercred/aws.default.json";

#[test]
fn one_boto3_process_works_through_many_rotations() {
    works_through_rotations(clients::boto3, ENOUGH_KEYS);
}

#[test]
fn one_process_of_the_javascript_sdk_works_through_many_rotations() {
    works_through_rotations(clients::javascript, ENOUGH_KEYS);
}

#[test]
fn the_aws_cli_works_in_a_loop_through_many_rotations() {
    works_through_rotations(clients::aws_loop, ENOUGH_KEYS);
}

#[test]
fn the_aws_cli_works_in_a_loop_with_static_keys_that_rotate() {
    let legacy = |home: &Home| {
        let mut client = clients::aws_loop(home);
        client.env("AWS_PROFILE", "legacy").env("AWS_REGION", "us-east-1");
        client
    };
    works_through_rotations(legacy, ENOUGH_KEYS / 3);
}

#[test]
#[ignore = "not a test: the process that a test of the Rust SDK starts"]
fn client_process() {
    sdk::work();
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

const OUTPUTS: &str = r#"
[[aws.default.outputs]]
type = "profile"
region = "us-east-1"

[[aws.default.outputs]]
type = "static-profile"
profile = "legacy"
"#;

fn works_through_rotations(client: impl Fn(&Home) -> Command, enough: usize) {
    let rig = Rig::start();
    let mut client = client(&rig.home);
    let mut client = Talking::start(client.env("AWS_ENDPOINT_URL", rig.sandbox.url()));
    let calls = client.calls(LIMIT, |calls| keys(calls).len() >= enough);
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
        Self::living(SESSION)
    }

    /// With sessions that live so long.
    fn living(session: Duration) -> Self {
        let aws = AwsOptions { session_lifetime: Some(session), ..AwsOptions::default() };
        let source = |sandbox: &Sandbox, home: &Home| {
            let token = home.write("token", sandbox.mint(&Mint::default()));
            format!("type = \"file\"\npath = \"{}\"", token.display())
        };
        let mut rig = Self::with(Options { aws, ..Options::default() }, source, OUTPUTS);
        let published = || [CONFIG, CREDENTIALS, DOCUMENT].iter().all(|file| rig.home.read(file).is_some());
        rig.daemon.until("the first files", LIMIT, || published().then_some(()));
        rig
    }

    fn with(options: Options, source: impl Fn(&Sandbox, &Home) -> String, outputs: &str) -> Self {
        let (sandbox, home) = (Sandbox::start(options).unwrap(), Home::new());
        let (source, role, url) = (source(&sandbox, &home), sandbox.role_arn("dev"), sandbox.url());
        home.config(&format!(
            "[source]\n{source}\n[aws.default]\nrole_arn = \"{role}\"\nendpoint_url = \"{url}\"\n\
             region = \"us-east-1\"\nrefresh_every = \"2s\"\n{outputs}"
        ));
        Self { daemon: home.start(), home, sandbox }
    }

    /// The requests to a service that somebody signed with a key, all of which the sandbox must have found good.
    fn signed(&self, group: Group) -> Vec<Request> {
        let requests = self.sandbox.requests_to(group);
        let failed: Vec<&Request> = requests.iter().filter(|request| request.status == 403).collect();
        assert!(failed.is_empty(), "{failed:#?}\n{}", self.daemon.log());
        requests.into_iter().filter(|request| request.facts.signed_by.is_some()).collect()
    }

    /// The keys whose signature under `GetCallerIdentity` the sandbox found good.
    fn verified_keys(&self) -> BTreeSet<String> {
        let calls = self.sandbox.requests_to(Group::Sts).into_iter().filter(|request| {
            request.succeeded() && request.facts.action.as_deref() == Some("GetCallerIdentity")
        });
        calls.filter_map(|request| request.facts.signed_by).collect()
    }
}
