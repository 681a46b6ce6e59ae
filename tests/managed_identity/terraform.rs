//! Terraform's azurerm backend, which knows a virtual machine's protocol only.

use std::time::Duration;

use evercred_sandbox::Group;
use evercred_test_support::{Outcome, clients};

use crate::rig::Rig;

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
fn its_state_is_written_and_read_with_tokens_of_the_managed_identity() {
    let rig = Rig::start(Duration::from_hours(1), "", "imds = true");
    rig.home().write("main.tf", PLAN);
    for words in [&["init", "-input=false"][..], &["apply", "-auto-approve", "-input=false"]] {
        Outcome::of(rig.led(clients::terraform(rig.home())).args(words)).success();
    }
    let listed = Outcome::of(rig.led(clients::terraform(rig.home())).args(["state", "list"])).success();
    assert_eq!(listed, "terraform_data.greeting\n");
    let written = |request: &evercred_sandbox::Request| request.method == "PUT" && request.succeeded();
    assert!(rig.azure.sandbox.requests_to(Group::Blobs).iter().any(written), "the state is with Azure");
}
