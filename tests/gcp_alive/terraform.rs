//! Terraform keeps its state in Google's storage with what evercred keeps, also when one run of it outlives its ID token.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;

use evercred_sandbox::{Group, Request};
use evercred_test_support::{Outcome, clients, until};

use super::{CONFIGURATION, ID_TOKEN, LIFETIME, LIMIT, Rig};

/// After so many of them, the first has ended.
const ENOUGH: usize = 4;

/// A resource that takes as long to make as the test likes.
const PLAN: &str = r#"
terraform {
  backend "gcs" {
    bucket = "acme-state"
    prefix = "app"
  }
}

resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "touch under-way; until [ -e go ]; do sleep 0.1; done"
  }
}
"#;

#[test]
fn one_run_of_terraform_outlives_its_id_token_and_writes_the_state_in_the_end() {
    let mut rig = Rig::start("");
    rig.home.write("main.tf", PLAN);
    rig.home.write("authority.pem", rig.sandbox.authority());
    Outcome::of(terraform(&rig).args(["init", "-input=false"])).success();
    let mut apply = terraform(&rig);
    let apply = thread::spawn(move || Outcome::of(apply.args(["apply", "-auto-approve", "-input=false"])));
    until("the apply to be under way", LIMIT, || rig.home.path("under-way").exists().then_some(()));
    let before = bearers(&rig);
    let mut seen = BTreeSet::new();
    rig.daemon.until("the end of the first ID token", LIFETIME * 4, || {
        seen.extend(rig.home.read(ID_TOKEN));
        (seen.len() > ENOUGH).then_some(())
    });
    rig.sandbox.forget_requests();
    rig.home.write("go", "");
    apply.join().unwrap().success();
    let after = bearers(&rig);
    assert!(!after.is_empty() && after.is_disjoint(&before), "{before:?}, then {after:?}");
    assert_eq!(Outcome::of(terraform(&rig).args(["state", "list"])).success(), "terraform_data.slow\n");
}

/// The bearers of the requests to storage, none of which was refused for its bearer's sake.
fn bearers(rig: &Rig) -> BTreeSet<String> {
    let requests = rig.sandbox.requests_to(Group::GoogleApi);
    let refused: Vec<&Request> = requests.iter().filter(|one| [401, 403].contains(&one.status)).collect();
    assert!(refused.is_empty(), "{refused:#?}\n{}", rig.daemon.log());
    requests.into_iter().filter_map(|request| request.facts.bearer_id).collect()
}

fn terraform(rig: &Rig) -> Command {
    let mut command = clients::terraform(&rig.home);
    command.env("GOOGLE_APPLICATION_CREDENTIALS", rig.home.path(CONFIGURATION));
    command.env("SSL_CERT_FILE", rig.home.path("authority.pem"));
    command.env("HTTPS_PROXY", rig.sandbox.proxy_url());
    command
}
