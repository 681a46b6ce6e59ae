//! What hooks are told, and when.

use std::time::Duration;

use serde_json::Value;

use crate::workspace::{DOCUMENT, LIMIT, Workspace};
use crate::{telling, told};

const NOTE: &str = "echo \"$EVERCRED_EVENT $EVERCRED_LOGIN\" >> told";

#[test]
fn a_hook_runs_on_the_first_success_and_on_each_rotation_but_not_when_nothing_changed() {
    let workspace = Workspace::new();
    telling(&workspace, "", "[\"change\"]", NOTE);
    let changes = |count: usize| vec!["change aws.default".to_owned(); count];
    workspace.home.run(["once"]).success();
    assert_eq!(told(&workspace), changes(1));
    workspace.home.run(["once"]).success();
    assert_eq!(told(&workspace), changes(1), "nothing was due");
    workspace.home.run(["once", "--force"]).success();
    assert_eq!(told(&workspace), changes(2));

    // The daemon adopts what it finds, and has nothing to tell either.
    drop(workspace.start());
    workspace.home.run(["once"]).success();
    assert_eq!(told(&workspace), changes(2));
    assert_eq!(workspace.exchanges().len(), 2);
}

#[test]
fn a_daemon_tells_of_each_rotation() {
    let workspace = Workspace::with_sessions_of(Duration::from_mins(1));
    telling(&workspace, "refresh_every = \"1s\"", "[\"change\"]", NOTE);
    let mut daemon = workspace.start();
    daemon.until("three changes", LIMIT, || (told(&workspace).len() >= 3).then_some(()));
    drop(daemon);
    assert!(told(&workspace).len() <= workspace.exchanges().len());
}

#[test]
fn what_a_process_without_hooks_published_is_told_of_by_the_next_that_notices() {
    let workspace = Workspace::new();
    telling(&workspace, "", "[\"change\"]", NOTE);
    let document = workspace.home.path(DOCUMENT);
    let words = ["credential-process", "--document", document.to_str().unwrap(), "aws.default"];
    workspace.home.run(words).success();
    assert!(told(&workspace).is_empty(), "an SDK waits for nobody's hooks");
    let mut daemon = workspace.start();
    daemon.until("the change", LIMIT, || (told(&workspace).len() == 1).then_some(()));
    assert_eq!(workspace.exchanges().len(), 1);
}

#[test]
fn the_beginning_of_a_failure_and_its_end_are_told_once_each() {
    let workspace = Workspace::with_sessions_of(Duration::from_mins(1));
    telling(&workspace, "refresh_every = \"1s\"", "[\"failure\", \"recovery\"]", NOTE);
    let mut daemon = workspace.start();
    workspace.sandbox.stop();
    daemon.until("several failures", LIMIT, || {
        (workspace.home.status()["logins"][0]["failures"].as_u64() > Some(3)).then_some(())
    });
    daemon.until("the failure", LIMIT, || (!told(&workspace).is_empty()).then_some(()));
    // The same is known to a process that runs once.
    let _ = workspace.home.run(["once", "--force"]).failure();
    workspace.sandbox.resume().unwrap();
    daemon.until("the recovery", LIMIT, || (told(&workspace).len() >= 2).then_some(()));
    drop(daemon);
    assert_eq!(told(&workspace), ["failure aws.default", "recovery aws.default"]);
}

#[test]
fn a_hook_learns_who_and_what_and_where_and_no_secret() {
    let workspace = Workspace::new();
    telling(&workspace, "", "[\"change\"]", "env > seen; tr '\\0' '\\n' < /proc/$$/environ >> seen");
    let mut once = workspace.home.evercred(["once"]);
    once.env("INHERITED", "as it is").env("EVERCRED_SUBJECT", "somebody else");
    evercred_test_support::Outcome::of(&mut once).success();
    let seen = workspace.home.read("seen").unwrap();
    let document = workspace.home.read(DOCUMENT).unwrap();
    let status = workspace.home.status();
    let login = &status["logins"][0];
    let end = login["expires_at"].as_str().unwrap().split('.').next().unwrap().trim_end_matches('Z');
    for line in [
        "INHERITED=as it is".to_owned(),
        "EVERCRED_LOGIN=aws.default".to_owned(),
        "EVERCRED_EVENT=change".to_owned(),
        format!("EVERCRED_SUBJECT={}", login["subject"].as_str().unwrap()),
        format!("EVERCRED_EXPIRES_AT={end}Z"),
        format!("EVERCRED_OUTPUTS={}", login["outputs"][0].as_str().unwrap()),
    ] {
        assert!(seen.lines().any(|seen| seen == line), "{line} is not in\n{seen}");
    }
    assert!(!seen.contains("somebody else"), "{seen}");
    let document: Value = serde_json::from_str(&document).unwrap();
    let token = workspace.home.read("token").unwrap();
    for secret in [&document["SecretAccessKey"], &document["SessionToken"], &document["AccessKeyId"]] {
        assert!(!seen.contains(secret.as_str().unwrap()), "{seen}");
    }
    assert!(!seen.contains(token.split('.').nth(2).unwrap().trim()), "{seen}");
}
