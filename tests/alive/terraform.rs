//! Terraform keeps its state in S3 with what evercred keeps, also when one run of it outlives its session.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;
use std::time::Duration;

use evercred_sandbox::Group;
use evercred_test_support::{Outcome, clients, until};

use super::{LIMIT, Rig};

const SESSION: Duration = Duration::from_secs(12);

/// So many exchanges after a moment, every session of that moment has ended.
const ROTATIONS: usize = 7;

#[test]
fn one_run_of_terraform_outlives_its_session_and_writes_the_state_in_the_end() {
    let rig = Rig::living(SESSION);
    rig.home.write("main.tf", plan(&rig.sandbox.url()));
    Outcome::of(terraform(&rig).args(["init", "-input=false"])).success();
    let mut apply = terraform(&rig);
    let apply = thread::spawn(move || Outcome::of(apply.args(["apply", "-auto-approve", "-input=false"])));
    until("the apply to be under way", LIMIT, || rig.home.path("under-way").exists().then_some(()));
    let before = keys(&rig);
    rig.sandbox.forget_requests();
    let exchanges = |requests: &[evercred_sandbox::Request]| {
        requests.iter().filter(|request| request.facts.access_key_id.is_some()).count()
    };
    assert!(rig.sandbox.wait_until(LIMIT, |requests| exchanges(requests) >= ROTATIONS));
    rig.home.write("go", "");
    apply.join().unwrap().success();
    let after = keys(&rig);
    assert!(!after.is_empty() && after.is_disjoint(&before), "{before:?}, then {after:?}");
    assert_eq!(Outcome::of(terraform(&rig).args(["state", "list"])).success(), "terraform_data.slow\n");
}

/// The keys of the requests to S3, all of which went well.
fn keys(rig: &Rig) -> BTreeSet<String> {
    rig.signed(Group::S3).into_iter().filter_map(|request| request.facts.signed_by).collect()
}

fn terraform(rig: &Rig) -> Command {
    clients::terraform(&rig.home)
}

/// A resource that takes as long to make as the test likes.
fn plan(url: &str) -> String {
    format!(
        r#"
terraform {{
  backend "s3" {{
    bucket                      = "state"
    key                         = "app.tfstate"
    region                      = "us-east-1"
    use_lockfile                = true
    use_path_style              = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
    skip_s3_checksum            = true
    endpoints                   = {{ s3 = "{url}/s3", sts = "{url}" }}
  }}
}}

resource "terraform_data" "slow" {{
  provisioner "local-exec" {{
    command = "touch under-way; until [ -e go ]; do sleep 0.1; done"
  }}
}}
"#
    )
}
