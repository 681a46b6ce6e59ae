//! git, with its credential helper.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use evercred_sandbox::Group;
use evercred_test_support::{Outcome, clients, until};

use super::rig::{LIMIT, Rig, exchanges, taken};

const LIFE: Duration = Duration::from_secs(4);
/// Entra counts in whole seconds, so that what is left of a token's life is off by one.
const LIFE_AT_ENTRA: Duration = Duration::from_secs(12);
/// The first and three rotations.
const ENOUGH: usize = 4;

#[test]
fn git_works_at_codecommit_through_three_rotations() {
    let rig = Rig::new(LIFE);
    until("three rotations", LIMIT, || {
        list(&rig, "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app").success();
        let shown = rig.sandbox.requests_to(Group::Git).into_iter().filter_map(|one| one.facts.signed_by);
        (shown.collect::<BTreeSet<_>>().len() >= ENOUGH).then_some(())
    });
}

#[test]
fn git_works_at_google_through_three_rotations() {
    works_through_three_rotations(LIFE, "https://source.developers.google.com/p/acme-dev/r/app");
}

#[test]
fn git_works_at_azure_through_three_rotations() {
    works_through_three_rotations(LIFE_AT_ENTRA, "https://dev.azure.com/acme/app/_git/app");
}

#[test]
fn a_host_that_is_nobodys_gets_nothing_and_costs_nothing() {
    let rig = Rig::new(Duration::from_hours(1));
    for asked in ["protocol=https\nhost=github.com\n\n", "protocol=http\nhost=dev.azure.com\n\n", ""] {
        assert_eq!(ask(&rig, "get", asked), "", "{asked}");
    }
    assert_eq!(ask(&rig, "store", "protocol=https\nhost=dev.azure.com\n\n"), "");
    assert!(exchanges(&rig.sandbox).is_empty());
}

#[test]
fn what_was_refused_is_not_shown_again() {
    let rig = Rig::new(Duration::from_hours(1));
    let asked = "capability[]=authtype\nprotocol=https\nhost=dev.azure.com\n\n";
    let first = ask(&rig, "get", asked);
    assert!(first.contains("authtype=Bearer\n") && first.contains("ephemeral=1\n"), "{first}");
    assert_eq!(ask(&rig, "get", asked), first, "it is kept");
    ask(&rig, "erase", asked);
    assert_ne!(ask(&rig, "get", asked), first);
}

#[test]
fn codecommit_without_a_path_is_told_the_remedy() {
    let rig = Rig::new(Duration::from_hours(1));
    let asked = "protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\n\n";
    let outcome = helper(&rig, "get", asked).failure();
    assert!(outcome.stderr.contains("UseHttpPath"), "{}", outcome.stderr);
}

fn works_through_three_rotations(life: Duration, url: &str) {
    let rig = Rig::new(life);
    until("three rotations", LIMIT, || {
        assert!(list(&rig, url).success().contains("refs/heads/main"));
        (taken(&rig.sandbox, Group::Git).len() >= ENOUGH).then_some(())
    });
}

fn list(rig: &Rig, url: &str) -> Outcome {
    rig.home.write(".gitconfig", "[credential]\nhelper = evercred\nUseHttpPath = true\n");
    let mut git = clients::git(&rig.home);
    git.env("GIT_SSL_CAINFO", rig.authority()).args(["ls-remote", url]);
    rig.run(git)
}

fn ask(rig: &Rig, operation: &str, asked: &str) -> String {
    helper(rig, operation, asked).success()
}

fn helper(rig: &Rig, operation: &str, asked: &str) -> Outcome {
    let file = rig.home.write("asked", asked);
    let mut command: Command = rig.home.command("/bin/sh");
    command.args(["-c", &format!("exec git-credential-evercred {operation} < '{}'", file.display())]);
    rig.run(command)
}
