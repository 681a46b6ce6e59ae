//! Amazon's helper for docker gets passwords of ECR with what evercred keeps. It keeps them by access key, so that a new
//! session means a new password.

use std::collections::BTreeSet;

use evercred_sandbox::Group;
use evercred_test_support::{Outcome, until};
use serde_json::Value;

use super::{LIMIT, Rig, SESSION};

const ENOUGH_KEYS: usize = 4;

#[test]
fn amazons_helper_for_docker_works_in_a_loop_through_many_rotations() {
    let rig = Rig::living(SESSION);
    let authority = rig.home.write("authority.pem", rig.sandbox.authority());
    let mut passwords = BTreeSet::new();
    until("enough rotations", LIMIT, || {
        let mut helper = rig.home.command("sh");
        helper.args([
            "-c",
            "echo 123456789012.dkr.ecr.us-east-1.amazonaws.com | docker-credential-ecr-login get",
        ]);
        helper.env("HTTPS_PROXY", rig.sandbox.proxy_url()).env("SSL_CERT_FILE", &authority);
        let outcome = Outcome::of(&mut helper);
        // What fails is told there, and nowhere else.
        assert_eq!(outcome.code(), Some(0), "{:?}", rig.home.read(".ecr/log/ecr-login.log"));
        let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(said["Username"], "AWS");
        passwords.insert(said["Secret"].as_str().unwrap().to_owned());
        (keys(&rig).len() >= ENOUGH_KEYS).then_some(())
    });
    assert_eq!(passwords.len(), keys(&rig).len(), "one for each session");
}

/// The keys of the requests to ECR, all of which went well.
fn keys(rig: &Rig) -> BTreeSet<String> {
    let signed = rig.signed(Group::Sts).into_iter();
    let signed = signed.filter(|request| request.facts.action.as_deref() == Some("GetAuthorizationToken"));
    signed.filter_map(|request| request.facts.signed_by).collect()
}
