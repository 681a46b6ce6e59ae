//! Hooks that hang, fork, fail and talk too much.

use std::time::{Duration, Instant};

use evercred_test_support::until;

use crate::workspace::{LIMIT, SOON, Workspace};
use crate::{telling, told, until_dead};

/// Neither it nor its child ends, nor does either close its output.
const HANG: &str = "echo $$ > hook; sleep 600 & echo $! > child; echo x >> told; wait";

fn notes(workspace: &Workspace) -> String {
    workspace.home.status()["logins"][0]["notes"].to_string()
}

#[test]
fn a_hook_that_hangs_is_killed_with_its_child_and_delays_nothing() {
    let workspace = Workspace::with_sessions_of(Duration::from_mins(1));
    let hang = format!("trap '' TERM; {HANG}");
    telling(&workspace, "refresh_every = \"1s\"", "[\"change\"]\ntimeout = \"6s\"", &hang);
    let mut daemon = workspace.start();
    daemon.until("the hook", LIMIT, || workspace.home.read("child").filter(|child| !child.is_empty()));
    let before = workspace.exchanges().len();
    daemon.until("three rotations beside it", LIMIT, || {
        (workspace.exchanges().len() >= before + 3).then_some(())
    });
    assert_eq!(told(&workspace).len(), 1, "it still hangs");
    let [hook, child] = ["hook", "child"].map(|file| workspace.home.read(file).unwrap());
    let note = daemon.until("the note", LIMIT, || {
        Some(notes(&workspace)).filter(|notes| notes.contains("had not ended after 6s, and was killed"))
    });
    assert!(note.contains("/bin/sh"), "{note}");
    for (file, pid) in [("first-hook", hook), ("first-child", child)] {
        workspace.home.write(file, pid);
        until_dead(&workspace, file);
    }
    assert_eq!(workspace.home.status()["logins"][0]["phase"], "fresh");
}

#[test]
fn a_daemon_that_stops_takes_its_hooks_along_and_makes_up_for_them() {
    let workspace = Workspace::new();
    telling(&workspace, "", "[\"change\"]\ntimeout = \"10m\"", HANG);
    let mut daemon = workspace.start();
    daemon.until("the hook", LIMIT, || workspace.home.read("child").filter(|child| !child.is_empty()));
    let asked = Instant::now();
    assert!(daemon.stop().success());
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    until_dead(&workspace, "hook");
    until_dead(&workspace, "child");

    telling(&workspace, "", "[\"change\"]\ntimeout = \"10m\"", "echo made up >> told");
    workspace.home.run(["once"]).success();
    assert_eq!(told(&workspace), ["x", "made up"]);
}

#[test]
fn what_a_hook_leaves_running_in_its_group_ends_with_it() {
    let workspace = Workspace::new();
    telling(&workspace, "", "[\"change\"]", "sleep 600 > /dev/null 2>&1 & echo $! > child");
    workspace.home.run(["once"]).success();
    until_dead(&workspace, "child");
}

#[test]
fn changes_while_a_hook_runs_are_one_afterwards() {
    let workspace = Workspace::with_sessions_of(Duration::from_mins(1));
    let gate = "echo x >> told; while [ ! -e go ]; do sleep 0.05; done";
    telling(&workspace, "refresh_every = \"1s\"", "[\"change\"]\ntimeout = \"1m\"", gate);
    let mut daemon = workspace.start();
    daemon.until("four rotations", LIMIT, || (workspace.exchanges().len() >= 5).then_some(()));
    assert_eq!(told(&workspace).len(), 1);
    workspace.sandbox.stop();
    workspace.until_phase(&mut daemon, "failing");
    workspace.home.write("go", "");
    daemon.until("the second run", LIMIT, || (told(&workspace).len() == 2).then_some(()));
    // Whatever is still to be told is told before this ends.
    until("the end of all hooks", LIMIT, || {
        let _ = workspace.home.run(["once"]).failure();
        Some(())
    });
    assert_eq!(told(&workspace).len(), 2);
}

#[test]
fn a_hook_that_fails_fails_no_login_and_is_shown_until_one_succeeds() {
    let workspace = Workspace::with_sessions_of(Duration::from_mins(1));
    let noisy = "head -c 100000 /dev/zero | tr '\\0' x; echo complaint >&2; test -e good";
    telling(&workspace, "refresh_every = \"1s\"", "[\"change\"]", noisy);
    let said = workspace.home.run(["once"]).success();
    assert!(said.contains("exit code 1: complaint"), "{said}");
    let mut daemon = workspace.start();
    daemon.until("the note", LIMIT, || notes(&workspace).contains("exit code 1: complaint").then_some(()));
    assert_eq!(workspace.home.status()["logins"][0]["phase"], "fresh");
    assert!(daemon.log().contains("A hook failed"), "{}", daemon.log());
    assert!(!daemon.log().contains(&"x".repeat(5_000)), "its output is cut");
    workspace.home.write("good", "");
    daemon.until("the note to go", LIMIT, || (!notes(&workspace).contains("complaint")).then_some(()));
}

#[test]
fn a_hook_that_prints_the_credential_does_not_get_it_into_a_log_or_the_status() {
    let workspace = Workspace::new();
    // On standard error, what is cut is in the middle of something.
    let careless =
        "for n in 1 2 3 4 5 6 7 8 9; do cat $EVERCRED_OUTPUTS >&2; done; cat $EVERCRED_OUTPUTS; exit 1";
    let outputs = "outputs = [\"json\", \"static-profile\", \"env-file\", \"token-file\"]";
    telling(&workspace, outputs, "[\"change\"]", careless);
    let outcome = workspace.home.run(["once", "--log", "trace"]);
    let said = outcome.stdout + &outcome.stderr;
    assert!(said.contains("exit code 1: ") && said.contains("[secret]"), "{said}");
    for secret in workspace.sandbox.secrets() {
        for part in secret.split(['.', '/', '+', '=']).filter(|part| part.len() > 7) {
            assert!(!said.contains(part), "{part} of {secret} is in {said}");
        }
    }
}
