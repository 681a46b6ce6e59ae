//! Clients of AWS in `exec`: unmodified, for several rotations, with whatever their environment held before.

use std::collections::BTreeSet;
use std::process::Command;

use evercred_sandbox::Group;
use evercred_test_support::{Call, Home, Talking, clients};

use super::rig::{LIMIT, Rig};

/// The first and eleven rotations: more than the life of a session.
const ENOUGH_KEYS: usize = 12;

/// What a shell may have left, each of which some SDK prefers to a profile.
const GARBAGE: [(&str, &str); 9] = [
    ("AWS_ACCESS_KEY_ID", "AKIASTALESTALESTALE0"),
    ("AWS_SECRET_ACCESS_KEY", "stale"),
    ("AWS_SESSION_TOKEN", "stale"),
    ("AWS_PROFILE", "gone"),
    ("AWS_DEFAULT_PROFILE", "gone"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token"),
    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/gone"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/"),
    ("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z"),
];

#[test]
fn one_boto3_process_works_through_many_rotations_without_a_daemon() {
    works_through_many_rotations("", clients::boto3);
}

#[test]
fn one_boto3_process_gets_files_of_its_own_if_no_output_refreshes_by_itself() {
    let rig = works_through_many_rotations("outputs = [\"json\"]", clients::boto3);
    assert_eq!(rig.home.read(".aws/config"), None, "nobody asked for a profile there");
}

#[test]
fn the_aws_cli_works_in_a_loop_through_many_rotations() {
    works_through_many_rotations("", clients::aws_loop);
}

fn works_through_many_rotations(more: &str, client: impl Fn(&Home) -> Command) -> Rig {
    let rig = Rig::new(more);
    let mut command = rig.exec(&["aws.default"], &client(&rig.home));
    command.envs(GARBAGE).env("AWS_ENDPOINT_URL", rig.sandbox.url());
    let mut client = Talking::start(&mut command);
    let calls = client.calls(LIMIT, |calls| keys(calls).len() >= ENOUGH_KEYS);
    let failed: Vec<&Call> = calls.iter().filter(|call| !call.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let of_caller = rig.sandbox.requests_to(Group::Sts).into_iter().filter(|request| {
        request.succeeded() && request.facts.action.as_deref() == Some("GetCallerIdentity")
    });
    let verified: BTreeSet<String> = of_caller.filter_map(|request| request.facts.signed_by).collect();
    assert_eq!(keys(&calls).difference(&verified).count(), 0, "the sandbox verified each of them");
    drop(client);
    rig
}

fn keys(calls: &[Call]) -> BTreeSet<String> {
    calls.iter().filter_map(|call| call.access_key_id.clone()).collect()
}
