//! Terraform's azurerm backend gets its tokens from what evercred keeps, and keeps a state with them.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

#[path = "azure/rig.rs"]
#[expect(dead_code, reason = "each test of Azure takes what it needs")]
mod rig;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::{Group, Options, PlatformOptions, Request};
use evercred_test_support::{Outcome, clients};

use self::rig::{LIMIT, Rig, TOKEN};

/// Longer than a command of Terraform's takes.
const ID_TOKEN: Duration = Duration::from_secs(12);

const PLAN: &str = r#"
terraform {
  backend "azurerm" {
    storage_account_name = "sandbox"
    container_name       = "state"
    key                  = "app.tfstate"
    use_azuread_auth     = true
  }
}

resource "terraform_data" "greeting" {
  input = "hello"
}
"#;

#[test]
fn the_state_is_locked_written_and_read_through_three_rotations_of_the_id_token() {
    let platform = PlatformOptions { token_lifetime: ID_TOKEN, ..PlatformOptions::default() };
    let more = "refresh_every = \"1s\"\noutputs = [\"workload-identity\"]\n";
    let rig = Rig::new(Options { platform, ..Options::default() }, more);
    let mut daemon = rig.start();
    rig.home.write("main.tf", PLAN);
    let mut shown = BTreeSet::new();
    for words in [
        &["init", "-input=false"][..],
        &["apply", "-auto-approve", "-input=false"],
        &["plan", "-detailed-exitcode", "-input=false"],
        &["state", "list"],
    ] {
        let before = rig.home.read(TOKEN);
        daemon.until("another ID token", LIMIT, || (rig.home.read(TOKEN) != before).then_some(()));
        rig.sandbox.forget_requests();
        let said = Outcome::of(terraform(&rig).args(words)).success();
        assert!(words[0] != "state" || said == "terraform_data.greeting\n", "{said}");
        let exchanges = rig.sandbox.requests_to(Group::Entra);
        assert!(exchanges.iter().all(Request::succeeded), "{words:?}: {exchanges:#?}");
        let writes =
            rig.sandbox.requests_to(Group::Blobs).into_iter().filter(|request| request.method == "PUT");
        assert!(words[0] != "apply" || writes.count() > 1, "the state is with Azure");
        let used = used_at_storage(&rig);
        let assertion = exchanges.into_iter().find(|request| used.contains(&request.facts.access_token_id));
        shown.insert(assertion.unwrap().facts.token_id);
    }
    assert_eq!(shown.len(), 4, "each command showed an ID token of its own");
}

/// The access tokens that came with the requests to storage.
fn used_at_storage(rig: &Rig) -> Vec<Option<String>> {
    rig.sandbox.requests_to(Group::Blobs).into_iter().map(|request| request.facts.access_token_id).collect()
}

#[test]
fn without_what_evercred_wrote_terraform_gets_no_token() {
    let rig = Rig::new(Options::default(), "outputs = [\"workload-identity\"]\n");
    rig.home.run(["once"]).success();
    rig.home.write("main.tf", PLAN);
    rig.home.write(TOKEN, "");
    let outcome = Outcome::of(terraform(&rig).args(["init", "-input=false"])).failure();
    assert_eq!(rig.sandbox.requests_to(Group::Blobs).len(), 0, "{outcome:?}");
}

fn terraform(rig: &Rig) -> Command {
    rig.client(clients::terraform(&rig.home))
}
