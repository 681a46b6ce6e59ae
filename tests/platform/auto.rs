//! `auto` finds out where it runs, and `status` says what it chose and why.

use evercred_sandbox::{Mint, Options};
use evercred_test_support::Outcome;
use serde_json::Value;

use crate::place::Place;

fn auto() -> Place {
    Place::new().source("type = \"auto\"")
}

/// What `status` says of the source, without a daemon and without asking anybody.
fn source(place: &Place) -> String {
    let status = Outcome::of(&mut place.evercred(&["status", "--json"]));
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    status["logins"][0]["source"].as_str().unwrap().to_owned()
}

#[test]
fn in_a_job_of_github_actions() {
    let place = auto();
    let url = place.sandbox.github_request_url();
    let place = place
        .variable("ACTIONS_ID_TOKEN_REQUEST_URL", url)
        .variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", Options::default().platform.github_token);
    place.works();
    let source = source(&place);
    assert!(
        source.contains("github-actions") && source.contains("ACTIONS_ID_TOKEN_REQUEST_URL is set"),
        "{source}"
    );
}

#[test]
fn in_an_environment_of_ona() {
    let place = auto().programs(&["ona"]).variable("GITPOD_ENVIRONMENT_ID", "0195bbbb");
    place.works();
    let source = source(&place);
    assert!(source.contains("ona idp token") && source.contains("GITPOD_ENVIRONMENT_ID is set"), "{source}");
}

#[test]
fn where_gp_is() {
    let place = auto().programs(&["gp"]);
    place.works();
    let source = source(&place);
    assert!(source.contains("gp idp token") && source.contains("bin/gp is there"), "{source}");
}

#[test]
fn in_a_workspace_of_gitpod() {
    let place = auto();
    let address = place.sandbox.address();
    let place = place.variable("GITPOD_WORKSPACE_ID", "acme-app").variable("SUPERVISOR_ADDR", &address);
    let source = source(&place);
    assert!(source.contains(&format!("gitpod supervisor at {address}")), "{source}");
    assert!(source.contains("GITPOD_WORKSPACE_ID is set"), "{source}");
}

#[test]
fn in_a_job_of_gitlab_the_token_for_the_audience_is_found() {
    let place = auto();
    let other = place.sandbox.mint(&Mint::audience("somebody-else"));
    let token = place.sandbox.mint(&Mint::default());
    let place = place
        .variable("GITLAB_CI", "true")
        .variable("A_TOKEN", other)
        .variable("B_TOKEN", token)
        .variable("CI_JOB_ID", "7");
    place.works();
    let source = source(&place);
    assert!(source.contains("A_TOKEN") && source.contains("GITLAB_CI is set"), "{source}");
}

#[test]
fn nowhere_it_says_what_it_looked_for() {
    let place = auto().variable("PATH", "/nonexistent");
    let outcome = Outcome::of(&mut place.evercred(&["once"])).failure();
    assert_eq!(outcome.code(), Some(3), "{outcome:?}");
    for word in ["ACTIONS_ID_TOKEN_REQUEST_URL", "GITPOD_WORKSPACE_ID", "hint:"] {
        assert!(outcome.stderr.contains(word), "{outcome:?}");
    }
}
