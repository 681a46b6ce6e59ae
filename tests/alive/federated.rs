//! boto3 exchanges the ID token by itself, and finds a fresh one each time.

use std::collections::BTreeSet;
use std::time::Duration;

use evercred_sandbox::{AwsOptions, Group, Options, PlatformOptions};
use evercred_test_support::{Call, Talking, clients};

use super::{LIMIT, Rig};

const ID_TOKEN: Duration = Duration::from_secs(10);
const ENOUGH: usize = 4;

#[test]
fn one_boto3_process_exchanges_each_new_id_token() {
    let platform = PlatformOptions { token_lifetime: ID_TOKEN, ..PlatformOptions::default() };
    let aws = AwsOptions { session_lifetime: Some(ID_TOKEN), ..AwsOptions::default() };
    let options = Options { platform, aws, ..Options::default() };
    let source = |sandbox: &evercred_sandbox::Sandbox, _: &_| {
        format!("type = \"http\"\nurl = \"{}/token\"", sandbox.url())
    };
    let mut rig = Rig::with(options, source, "outputs = [\"web-identity\"]\n");
    rig.daemon.until("the profile", LIMIT, || rig.home.read(super::CONFIG));
    let mut client = Talking::start(clients::boto3(&rig.home).env("AWS_ENDPOINT_URL", rig.sandbox.url()));
    let calls = client.calls(LIMIT, |_| exchanged(&rig).len() >= ENOUGH);
    let failed: Vec<&Call> = calls.iter().filter(|call| !call.ok).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", rig.daemon.log());
}

/// The ID tokens that the client exchanged: its sessions are named after the login.
fn exchanged(rig: &Rig) -> BTreeSet<String> {
    let requests = rig.sandbox.requests_to(Group::Sts).into_iter().filter(|request| {
        let by_client = request.facts.session_name.as_deref() == Some("evercred-aws.default");
        assert!(!by_client || request.succeeded(), "{request:#?}");
        by_client
    });
    requests.filter_map(|request| request.facts.token_id).collect()
}
