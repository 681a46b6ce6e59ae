//! The command line as its users meet it: help, exit codes, errors as text and as JSON, and the shapes of answers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a rig that does not stand must fail the test"
)]

#[path = "cli/exit_codes.rs"]
mod exit_codes;
#[path = "cli/rig.rs"]
mod rig;
#[path = "cli/schema.rs"]
mod schema;

use evercred::engine::status::Status;
use evercred_test_support::{Home, Outcome};
use serde_json::Value;

use rig::{LIMIT, Rig, error};

#[test]
fn every_command_has_help_that_fits_a_terminal() {
    let home = Home::new();
    let commands: &[&[&str]] = &[
        &[],
        &["init"],
        &["check"],
        &["up"],
        &["down"],
        &["run"],
        &["wait"],
        &["refresh"],
        &["reload"],
        &["once"],
        &["exec"],
        &["env"],
        &["status"],
        &["doctor"],
        &["get"],
        &["kube-credential"],
        &["docker-credential"],
        &["git-credential"],
        &["credential-process"],
        &["vault-token-helper"],
        &["token"],
        &["trust"],
        &["explain"],
        &["logout"],
        &["install", "systemd"],
        &["uninstall", "systemd"],
        &["config"],
        &["config", "check"],
        &["config", "show"],
        &["config", "schema"],
        &["-h"],
    ];
    for words in commands.iter().copied() {
        let mut evercred = home.evercred(words);
        evercred.env("COLUMNS", "100");
        if !words.contains(&"-h") {
            evercred.arg("--help");
        }
        let help = Outcome::of(&mut evercred).success();
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        let name = match words {
            [] => "evercred".to_owned(),
            ["-h"] => "short".to_owned(),
            words => words.join("-"),
        };
        insta::assert_snapshot!(format!("help-{name}"), help);
    }
}

#[test]
fn explain_needs_the_program_beside_evercred_and_says_so() {
    let home = Home::new();
    let alone = home.path("evercred");
    std::fs::copy(home.evercred(["explain"]).get_program(), &alone).unwrap();
    let refused = Outcome::of(home.command(alone).args(["explain", "--policy", "role.json"]));
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains("evercred-explain: No such file or directory"), "{refused:?}");
    assert!(refused.stderr.contains("hint: It belongs beside evercred: install both."), "{refused:?}");
}

#[test]
fn errors_are_json_with_their_causes_their_hint_and_the_exit_code() {
    let rig = Rig::new();
    rig.login("stranger", "");
    let refused = rig.home.run(["get", "aws.default", "--output", "json"]);
    let report = error(&refused);
    assert_eq!(report["exit_code"], 4);
    assert!(report["error"].as_str().unwrap().contains("AccessDenied"), "{report}");
    assert!(report["hint"].as_str().unwrap().ends_with('.'), "{report}");

    rig.login("dev", "");
    let config = rig.home.read(".config/evercred/config.toml").unwrap();
    rig.home.config(&config.replace("region = ", "regoin = "));
    let report = error(&rig.home.run(["run", "--output", "json"]));
    assert_eq!((&report["mistakes"][0]["line"], &report["mistakes"][0]["column"]), (&5.into(), &1.into()));
    assert!(report["mistakes"][0]["hint"].as_str().unwrap().contains("`region`"), "{report}");
}

#[test]
fn status_is_for_people_and_once_does_not_speak_of_daemons() {
    let rig = Rig::new();
    let once = rig.home.run(["once"]).success();
    insta::assert_snapshot!("once", rig.timeless(&once));
    let mut daemon = rig.home.start();
    daemon.until("its socket", LIMIT, || rig.home.path("run/evercred/control.sock").exists().then_some(()));
    let status = daemon.until("a fresh login", LIMIT, || {
        Some(rig.home.run(["status"]).stdout).filter(|text| text.contains("aws.default: fresh"))
    });
    insta::assert_snapshot!("status", rig.timeless(&status));
}

#[test]
fn status_of_a_refused_login_says_what_to_do() {
    let rig = Rig::new();
    rig.login("stranger", "");
    let once = rig.home.run(["once"]);
    insta::assert_snapshot!("refused", rig.timeless(&once.stdout));
}

#[test]
fn status_json_is_what_its_schema_says() {
    let schema = serde_json::to_value(schemars::schema_for!(Status)).unwrap();
    let rig = Rig::new();
    let check = |words: &[&str]| {
        let outcome = rig.home.run(words);
        let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(schema::violations(&schema, &status), [""; 0], "{status:#}");
    };
    check(&["status", "--json"]);
    check(&["once", "--output", "json"]);
    rig.login("stranger", "");
    check(&["once", "--output", "json"]);
    let mut daemon = rig.home.start();
    daemon.until("a failure", LIMIT, || (rig.home.status()["logins"][0]["phase"] == "blocked").then_some(()));
    check(&["status", "--json"]);
}

#[test]
fn config_show_is_what_the_config_schema_says() {
    let rig = Rig::new();
    rig.login("dev", "outputs = ['profile', { type = 'json', mode = '0640' }]\nrefresh_every = '20m'");
    let json = |words: &[&str]| serde_json::from_str::<Value>(&rig.home.run(words).success()).unwrap();
    let (schema, shown) = (json(&["config", "schema"]), json(&["config", "show", "--output", "json"]));
    assert_eq!(schema::violations(&schema, &shown), [""; 0], "{shown:#}");
    // The check can fail.
    let mut wrong = shown.clone();
    wrong["aws"]["default"]["rol_arn"] = 1.into();
    assert!(!schema::violations(&schema, &wrong).is_empty());
}

#[test]
fn answers_have_the_shapes_that_scripts_rely_on() {
    let rig = Rig::new();
    let run = |words: &[&str]| rig.home.run(words).success();
    let decoded: Value =
        serde_json::from_str(&run(&["token", "--audience", "sts.amazonaws.com", "--decode"])).unwrap();
    assert_eq!(decoded.as_object().unwrap().keys().collect::<Vec<_>>(), ["Header", "Payload"]);
    assert_eq!(decoded["Payload"]["iss"], rig.sandbox.issuer());
    let whole: Value = serde_json::from_str(&run(&["get", "aws.default"])).unwrap();
    for field in
        ["access_key_id", "secret_access_key", "session_token", "account_id", "subject", "expires_at"]
    {
        assert!(!whole[field].as_str().unwrap().is_empty(), "{field}");
    }
    assert_eq!(run(&["get", "aws.default", "--field", "account_id"]), "123456789012\n");
    let checked: Value = serde_json::from_str(&run(&["config", "check", "--output", "json"])).unwrap();
    assert_eq!(checked, serde_json::json!({ "good": true, "logins": ["aws.default"], "warnings": [] }));
}

#[test]
fn what_cannot_be_meant_is_warned_of_with_its_line_and_the_config_counts() {
    let rig = Rig::new();
    rig.login("dev", "duration = \"15m\"\n");
    let checked = rig.home.run(["config", "check"]);
    assert_eq!(checked.code(), Some(0));
    assert_eq!(checked.stdout, "the config is good: aws.default\n");
    for part in [
        "warning: the credential lives 15m, but boto3",
        "duration = \"15m\"",
        "hint: Let `duration` be 30m or more.",
    ] {
        assert!(checked.stderr.contains(part), "{part}: {}", checked.stderr);
    }
    let checked: Value =
        serde_json::from_str(&rig.home.run(["config", "check", "--output", "json"]).success()).unwrap();
    assert_eq!((&checked["good"], &checked["warnings"][0]["length"]), (&true.into(), &5.into()));
    rig.home.run(["once"]).success();
    let status = rig.home.run(["status", "--json"]).stdout;
    let status: Value = serde_json::from_str(&status).unwrap();
    let [way] = status["logins"][0]["ways"].as_array().unwrap().as_slice() else { panic!("{status}") };
    assert_eq!((&way["way"], &way["refreshes_by_itself"]), (&"profile".into(), &true.into()));
    assert_eq!((&way["serves"][0], way["outputs"].as_array().unwrap().len()), (&"boto3".into(), 2));
}

#[test]
fn a_debug_log_says_in_which_step_of_which_attempt_something_happened() {
    let rig = Rig::new();
    let log = rig.home.run(["once", "--log", "debug"]).stderr;
    assert!(log.contains("attempt{login=aws.default}:publish: The output was replaced."), "{log}");
}

#[test]
fn a_pipe_gets_no_colours() {
    let rig = Rig::new();
    rig.login("stranger", "");
    for words in [&["once"][..], &["get", "aws.default"], &["nonsense"], &["--help"]] {
        let outcome = rig.home.run(words);
        assert!(!(outcome.stdout + &outcome.stderr).contains('\x1b'), "{words:?}");
    }
}
