use evercred_core::Configured as _;
use serde_json::json;

use super::support::{context, install, jwt, mint, source};
use crate::sources::auto;

fn describe(variables: &[(&str, &str)]) -> String {
    source::<auto::Config>(json!({}), variables).describe()
}

#[test]
fn the_environment_decides_and_the_description_says_why() {
    let github = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://pipelines.test/token"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
    ];
    assert_eq!(describe(&github), "github-actions pipelines.test (ACTIONS_ID_TOKEN_REQUEST_URL is set)");
    assert_eq!(
        describe(&[("GITPOD_WORKSPACE_ID", "w")]),
        "gitpod supervisor at localhost:22999 (GITPOD_WORKSPACE_ID is set)"
    );
}

#[test]
fn programs_on_the_path_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    install(&folder.path().join("gitpod"), "");
    assert_eq!(
        describe(&[("PATH", path), ("GITPOD_ENVIRONMENT_ID", "e")]),
        format!("ona idp token (GITPOD_ENVIRONMENT_ID is set, {path}/gitpod is there)")
    );
    install(&folder.path().join("gp"), "");
    assert_eq!(describe(&[("PATH", path)]), format!("gp idp token ({path}/gp is there)"));
}

#[tokio::test]
async fn on_gitlab_the_variable_with_the_audience_is_taken() {
    let empty = tempfile::tempdir().unwrap();
    let path = empty.path().to_str().unwrap();
    let (one, two) = (jwt("one"), jwt("two"));
    let variables = [
        ("PATH", path),
        ("GITLAB_CI", "true"),
        ("A_TOKEN", &*one),
        ("B_TOKEN", &*two),
        ("CI_JOB_JWT", &*one),
    ];
    let source = source::<auto::Config>(json!({}), &variables);
    assert_eq!(source.describe(), "variable A_TOKEN, B_TOKEN (GITLAB_CI is set)");
    assert_eq!(mint(&source, "two").await.unwrap().raw().expose(), two);
}

#[test]
fn where_nothing_is_found_it_says_what_it_looked_for() {
    let empty = tempfile::tempdir().unwrap();
    let context = context(&[("PATH", empty.path().to_str().unwrap())]);
    let error = auto::Config::default().build(&context).unwrap_err();
    for mark in
        ["ACTIONS_ID_TOKEN_REQUEST_URL", "GITPOD_WORKSPACE_ID", "`gp`", "`ona`", "GITLAB_CI", "/var/run"]
    {
        assert!(error.message.contains(mark), "{mark}: {error}");
    }
    assert!(error.hint.is_some());
}
