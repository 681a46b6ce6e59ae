//! `init` on each platform: the config that it writes passes `check`, and works.

use std::process::Command;

use evercred_sandbox::{Mint, Options};
use evercred_test_support::{Outcome, clients};
use serde_json::{Value, json};

use crate::place::Place;

const CONFIG: &str = ".config/evercred/config.toml";

/// What nobody but the user of this sandbox can know.
fn answers(place: &Place) -> Vec<String> {
    let role = format!("aws.role_arn={}", place.sandbox.role_arn("dev"));
    let endpoint = format!("aws.endpoint_url={}", place.sandbox.url());
    [role, "aws.region=us-east-1".to_owned(), endpoint].into_iter().flat_map(set).collect()
}

fn set(answer: String) -> [String; 2] {
    ["--set".to_owned(), answer]
}

/// Runs `init`, whose config passes `check`, which publishes nothing, and then works. Gives the config.
#[track_caller]
fn begins(place: &Place, more: &[&str]) -> String {
    let answers = answers(place);
    let words: Vec<&str> = ["init"].into_iter().chain(answers.iter().map(String::as_str)).collect();
    Outcome::of(&mut place.evercred(&[&words, more].concat())).success();
    passes(place);
    place.works();
    place.home.read(CONFIG).unwrap()
}

#[track_caller]
fn passes(place: &Place) {
    let outcome = Outcome::of(&mut place.evercred(&["check", "--output", "json"]));
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.code(), &report["passed"]), (Some(0), &json!(true)), "{report:#}");
    assert_eq!(place.home.read(".aws/config"), None, "nothing is published");
}

#[test]
fn in_a_job_of_github_actions() {
    let place = Place::new();
    let url = place.sandbox.github_request_url();
    let place = place
        .variable("ACTIONS_ID_TOKEN_REQUEST_URL", url)
        .variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", Options::default().platform.github_token);
    let config = begins(&place, &[]);
    assert!(config.contains("github-actions") && !config.contains("[source]"), "{config}");
}

#[test]
fn in_an_environment_of_ona() {
    let place = Place::new().programs(&["ona"]).variable("GITPOD_ENVIRONMENT_ID", "0195bbbb");
    let config = begins(&place, &[]);
    assert!(config.contains("GITPOD_ENVIRONMENT_ID is set"), "{config}");
}

#[test]
fn where_gp_is() {
    let config = begins(&Place::new().programs(&["gp"]), &[]);
    assert!(config.contains("bin/gp is there"), "{config}");
}

#[test]
fn in_a_workspace_of_gitpod() {
    let place = Place::new();
    let (address, url) = (place.sandbox.address(), place.sandbox.url());
    let place = place.variable("GITPOD_WORKSPACE_ID", "acme-app").variable("SUPERVISOR_ADDR", &address);
    // The sandbox cannot have the name of Gitpod's API.
    let api = format!("source.api_url={url}");
    let config = begins(&place, &["--set", "source.type=gitpod", "--set", &api]);
    assert!(config.contains("type = \"gitpod\""), "{config}");
}

#[test]
fn in_a_job_of_gitlab() {
    let place = Place::new();
    let token = place.sandbox.mint(&Mint::default());
    let place = place.variable("GITLAB_CI", "true").variable("MY_TOKEN", token.clone());
    let config = begins(&place, &[]);
    assert!(config.contains("MY_TOKEN") && !config.contains(&token), "{config}");
}

#[test]
fn in_a_pod_of_kubernetes() {
    let place = Place::new();
    let token = place.home.write("projected", place.sandbox.mint(&Mint::default()));
    let folder = "/run/secrets/eks.amazonaws.com/serviceaccount";
    // A mount namespace of its own, in which the token is where the kubelet puts it.
    let mount = format!(
        "mount -t tmpfs none /run && mkdir -p {folder} && cp '{}' {folder}/token && exec \"$0\" \"$@\"",
        token.display()
    );
    let in_a_pod = |words: &[&str]| {
        let evercred = place.evercred(words);
        let mut command = place.home.command("unshare");
        command.args(["--mount", "sh", "-c", &mount]).arg(evercred.get_program()).args(words);
        command.env("XDG_RUNTIME_DIR", place.home.path("runtime"));
        command.env("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{folder}/token"));
        Outcome::of(&mut command)
    };
    let answers = answers(&place);
    let words: Vec<&str> = ["init"].into_iter().chain(answers.iter().map(String::as_str)).collect();
    in_a_pod(&words).success();
    let config = place.home.read(CONFIG).unwrap();
    assert!(config.contains(&format!("{folder}/token exists")), "{config}");
    in_a_pod(&["check"]).success();
    in_a_pod(&["once"]).success();
}

#[test]
fn on_a_plain_machine_with_flags() {
    let place = Place::new().variable("PATH", "/nonexistent");
    place.home.write("token", place.sandbox.mint(&Mint::default()));
    let config = begins(&place, &["--set", "source.type=file", "--set", "source.path=~/token"]);
    assert!(config.contains("[source]\npath = \"~/token\"\ntype = \"file\""), "{config}");
}

#[test]
fn on_a_plain_machine_it_asks_at_the_terminal_what_nobody_said() {
    let place = Place::new().variable("PATH", "/nonexistent");
    place.home.write("token", place.sandbox.mint(&Mint::default()));
    let (role, url) = (place.sandbox.role_arn("dev"), place.sandbox.url());
    let script = json!([
        ["Where to log in (", "nowhere"],
        ["It must be one of", "aws"],
        ["keeps an ID token in (", ""],
        ["There is no login without it.", "~/token"],
        ["The role to assume", role],
        ["The region to ask", ""],
    ]);
    let (code, shown) = at_a_terminal(&place, &place.evercred(&["init"]), &script);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("evercred check"), "{shown}");
    let config = place.home.read(CONFIG).unwrap();
    assert!(config.contains(&role) && config.contains("# region = \"eu-central-1\""), "{config}");
    // The sandbox is not where AWS is.
    place.home.config(&config.replace("[aws.default]", &format!("[aws.default]\nendpoint_url = \"{url}\"")));
    passes(&place);
}

/// Runs `command` at a terminal, where somebody types what `script` says.
fn at_a_terminal(place: &Place, command: &Command, script: &Value) -> (Option<i32>, String) {
    let mut person = clients::python(&place.home, "dialogue.py");
    person.arg(script.to_string()).arg(command.get_program()).args(command.get_args());
    person.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let outcome = Outcome::of(&mut person);
    (outcome.code(), outcome.stdout + &outcome.stderr)
}

#[test]
fn what_the_environment_says_is_not_asked() {
    let place = Place::new();
    let role = place.sandbox.role_arn("dev");
    let place = place
        .variable("IDP_AWS_ROLE_ARN", role)
        .variable("VAULT_ADDR", "https://vault.acme.test:8200")
        .variable("AZURE_TENANT_ID", "00000000-0000-0000-0000-000000000001");
    place.home.write("token", "");
    let words = ["init", "--print", "--set", "source.type=file", "--set", "source.path=~/token"];
    let shown = Outcome::of(&mut place.evercred(&words)).success();
    assert!(shown.contains("(from IDP_AWS_ROLE_ARN).\nrole_arn = "), "{shown}");
    assert!(shown.contains("(from VAULT_ADDR).\naddress = \"https://vault.acme.test:8200\""), "{shown}");
    assert!(!shown.contains("[azure"), "half of a login is none: {shown}");
    assert_eq!(place.home.read(CONFIG), None);
}

#[test]
fn without_a_terminal_it_says_what_is_missing_and_how_to_say_it() {
    let place = Place::new().variable("PATH", "/nonexistent");
    let outcome = Outcome::of(&mut place.evercred(&["init", "gcp"])).failure();
    assert_eq!(outcome.code(), Some(2), "{outcome:?}");
    for words in ["gcp.provider", "--set source.type=file", "--set gcp.provider=projects/"] {
        assert!(outcome.stderr.contains(words), "{outcome:?}");
    }
    assert_eq!(place.home.read(CONFIG), None);
}

#[test]
fn a_mistake_in_an_answer_is_shown_and_nothing_is_written() {
    let place = Place::new();
    place.home.write("token", "");
    let source = ["--set", "source.type=file", "--set", "source.path=~/token"];
    let words = [&["init", "--set", "aws.role_arn=dev", "--set", "aws.regoin=eu"], &source[..]].concat();
    let outcome = Outcome::of(&mut place.evercred(&words)).failure();
    assert_eq!(outcome.code(), Some(3), "{outcome:?}");
    assert!(
        outcome.stderr.contains("role_arn = \"dev\"") && outcome.stderr.contains("region"),
        "{outcome:?}"
    );
    assert_eq!(place.home.read(CONFIG), None);
}

#[test]
fn a_config_that_is_there_is_not_lost() {
    let place = Place::new().source("type = \"file\"\npath = \"~/token\"");
    place.home.write("token", place.sandbox.mint(&Mint::default()));
    let before = place.home.read(CONFIG).unwrap();
    let outcome = Outcome::of(&mut place.evercred(&["init", "vault"])).failure();
    assert!(outcome.stderr.contains("--force"), "{outcome:?}");
    assert_eq!(place.home.read(CONFIG).unwrap(), before);
}

#[test]
fn where_somebody_has_the_default_profile_ours_gets_another_name() {
    let place = Place::new();
    place.home.write("token", place.sandbox.mint(&Mint::default()));
    let theirs = "[default]\naws_access_key_id = AKIDTHEIRS\naws_secret_access_key = theirs\n";
    place.home.write(".aws/config", theirs);
    let answers = answers(&place);
    let words: Vec<&str> = ["init", "--set", "source.type=file", "--set", "source.path=~/token"]
        .into_iter()
        .chain(answers.iter().map(String::as_str))
        .collect();
    Outcome::of(&mut place.evercred(&words)).success();
    Outcome::of(&mut place.evercred(&["check"])).success();
    place.works();
    let profiles = place.home.read(".aws/config").unwrap();
    assert!(profiles.starts_with(theirs) && profiles.contains("[profile evercred]"), "{profiles}");
}
