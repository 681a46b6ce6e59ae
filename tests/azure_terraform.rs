//! Terraform's azurerm backend gets its tokens from what evercred keeps, and keeps a state with them.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

#[path = "azure/rig.rs"]
#[expect(dead_code, reason = "each test of Azure takes what it needs")]
mod rig;

use std::process::Command;

use evercred_sandbox::{Group, Options};
use evercred_test_support::{Outcome, clients};

use self::rig::{Rig, TOKEN, id};

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
fn the_state_is_locked_written_and_read_with_the_id_token_that_evercred_keeps() {
    let rig = Rig::new(Options::default(), "outputs = [\"workload-identity\"]\n");
    rig.home.run(["once"]).success();
    rig.home.write("main.tf", PLAN);
    rig.sandbox.forget_requests();
    for words in [&["init", "-input=false"][..], &["apply", "-auto-approve", "-input=false"]] {
        Outcome::of(terraform(&rig).args(words)).success();
    }
    assert_eq!(Outcome::of(terraform(&rig).args(["state", "list"])).success(), "terraform_data.greeting\n");
    let id = id(&rig.home.read(TOKEN).unwrap());
    let exchanges = rig.sandbox.requests_to(Group::Entra);
    assert!(exchanges.len() >= 3, "one for each command: {exchanges:#?}");
    assert!(
        exchanges.iter().all(|request| request.succeeded() && request.facts.token_id.as_ref() == Some(&id))
    );
    let written = |request: &evercred_sandbox::Request| request.method == "PUT" && request.succeeded();
    assert!(rig.sandbox.requests_to(Group::Blobs).iter().any(written), "the state is with Azure");
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
