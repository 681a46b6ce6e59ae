//! The command line as its users meet it: help, exit codes, errors as text and as JSON, and the shapes of answers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a rig that does not stand must fail the test"
)]

#[path = "cli/schema.rs"]
mod schema;

use std::time::Duration;

use evercred::engine::status::Status;
use evercred_sandbox::{AwsOptions, Mint, Options, Sandbox};
use evercred_test_support::{Home, Outcome, until};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn every_command_has_help_that_fits_a_terminal() {
    let home = Home::new();
    let commands: [&[&str]; 12] = [
        &[],
        &["run"],
        &["once"],
        &["status"],
        &["get"],
        &["credential-process"],
        &["token"],
        &["config"],
        &["config", "check"],
        &["config", "show"],
        &["config", "schema"],
        &["-h"],
    ];
    for words in commands {
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
fn all_is_well_is_0_also_the_second_time() {
    let rig = Rig::new();
    assert_eq!(rig.code(&["once"]), 0);
    assert_eq!(rig.code(&["once"]), 0);
    assert_eq!(rig.code(&["status"]), 0);
    assert_eq!(rig.sandbox.requests().len(), 1, "the second one had nothing to do");
}

#[test]
fn a_file_that_cannot_be_written_is_1() {
    let rig = Rig::new();
    std::fs::create_dir(rig.home.path("folder")).unwrap();
    rig.login("dev", "outputs = [{ type = 'json', path = '~/folder' }]");
    let outcome = rig.home.run(["once"]);
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("hint     Remove the folder"), "{outcome:?}");
}

#[test]
fn a_second_daemon_is_1_and_says_what_to_do() {
    let rig = Rig::new();
    let mut daemon = rig.home.start();
    daemon.until("its status", LIMIT, || rig.home.read("run/evercred/status.json"));
    let second = rig.home.run(["run"]);
    assert_eq!(second.code(), Some(1), "{second:?}");
    assert!(second.stderr.contains("another evercred runs already"), "{second:?}");
}

#[test]
fn a_wrong_command_line_is_2_in_both_formats() {
    let home = Home::new();
    let wrong: [&[&str]; 5] =
        [&["nonsense"], &["get"], &["get", "nodot"], &["once", "--log", "a=b=c"], &["token"]];
    for words in wrong {
        assert_eq!(home.run(words).code(), Some(2), "{words:?}");
        for json in [&["--output", "json"][..], &["--output=json"]] {
            let outcome = home.run([words, json].concat());
            let report = error(&outcome);
            assert_eq!((outcome.code(), report["exit_code"].as_u64()), (Some(2), Some(2)), "{outcome:?}");
        }
    }
}

#[test]
fn a_field_that_is_not_there_is_2_and_those_that_are_get_named() {
    let rig = Rig::new();
    let outcome = rig.home.run(["get", "aws.default", "--field", "key"]);
    assert_eq!(outcome.code(), Some(2));
    assert!(outcome.stderr.contains("access_key_id, account_id"), "{outcome:?}");
    assert_eq!(outcome.stdout, "");
}

#[test]
fn no_config_a_bad_one_and_an_unknown_login_are_3() {
    let rig = Rig::new();
    for words in [&["once", "aws.nope"][..], &["get", "aws.nope"], &["status", "aws.nope"]] {
        let outcome = rig.home.run(words);
        assert_eq!(outcome.code(), Some(3), "{words:?}");
        assert!(outcome.stderr.contains("hint: The config has aws.default."), "{outcome:?}");
    }
    rig.home.config("[aws.default]\n");
    assert_eq!(rig.code(&["once"]), 3);
    let empty = Home::new();
    for words in [&["once"][..], &["run"], &["status"], &["config", "check"]] {
        let outcome = empty.run(words);
        assert_eq!(outcome.code(), Some(3), "{words:?}");
        assert!(outcome.stderr.contains("hint: Write one to "), "{outcome:?}");
    }
}

#[test]
fn without_a_config_token_tells_where_it_looked_and_points_at_no_line() {
    let outcome = Home::new().run(["token", "--audience", "a"]);
    assert_eq!(outcome.code(), Some(3));
    assert!(outcome.stderr.starts_with("error: no token source was found here: "), "{outcome:?}");
    assert!(outcome.stderr.contains("\nhint: Name the source yourself"), "{outcome:?}");
}

#[test]
fn a_refusal_is_4_and_an_unreachable_provider_5() {
    let rig = Rig::new();
    rig.login("stranger", "");
    for words in [&["once"][..], &["get", "aws.default"], &["credential-process", "aws.default"]] {
        assert_eq!(rig.code(words), 4, "{words:?}");
    }
    rig.sandbox.stop();
    for words in [&["once"][..], &["get", "aws.default"], &["credential-process", "aws.default"]] {
        assert_eq!(rig.code(words), 5, "{words:?}");
    }
}

#[test]
fn a_good_credential_that_cannot_be_renewed_is_6_and_an_expired_one_7() {
    let rig = Rig::living(Duration::from_secs(3));
    assert_eq!(rig.code(&["once"]), 0);
    rig.sandbox.stop();
    let stale = rig.home.run(["once", "--force"]);
    assert_eq!(stale.code(), Some(6), "{stale:?}");
    assert!(stale.stdout.contains("failing, valid until"), "{stale:?}");
    let expired = until("the end of the session", LIMIT, || {
        Some(rig.home.run(["status"])).filter(|outcome| outcome.code() != Some(0))
    });
    assert_eq!(expired.code(), Some(7), "{expired:?}");
    assert!(expired.stdout.contains("expired, ended at"), "{expired:?}");
}

#[test]
fn nothing_published_and_no_daemon_is_8_and_says_what_starts_one() {
    let rig = Rig::new();
    let outcome = rig.home.run(["status"]);
    assert_eq!(outcome.code(), Some(8), "{outcome:?}");
    assert!(outcome.stdout.contains("\"evercred run\" starts one"), "{outcome:?}");
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
    daemon.until("its status", LIMIT, || rig.home.read("run/evercred/status.json"));
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
    daemon.until("a failure", LIMIT, || {
        rig.home.read("run/evercred/status.json").filter(|text| text.contains("blocked"))
    });
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
    assert_eq!(checked, serde_json::json!({ "good": true, "logins": ["aws.default"] }));
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

/// The report on standard error, which is all there is: nothing half-done on standard output.
fn error(outcome: &Outcome) -> Value {
    assert_eq!(outcome.stdout, "", "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stderr).unwrap();
    assert_eq!(report["exit_code"].as_i64(), outcome.code().map(i64::from), "{report}");
    report
}

/// A login at a sandbox.
struct Rig {
    home: Home,
    sandbox: Sandbox,
}

impl Rig {
    fn new() -> Self {
        Self::of(Options::default())
    }

    fn living(session: Duration) -> Self {
        let aws = AwsOptions { session_lifetime: Some(session), ..AwsOptions::default() };
        Self::of(Options { aws, ..Options::default() })
    }

    fn of(options: Options) -> Self {
        let rig = Self { home: Home::new(), sandbox: Sandbox::start(options).unwrap() };
        rig.home.write("token", rig.sandbox.mint(&Mint::default()));
        rig.login("dev", "");
        rig
    }

    fn login(&self, role: &str, more: &str) {
        let (role, url) = (self.sandbox.role_arn(role), self.sandbox.url());
        self.home.config(&format!(
            "source = {{ type = 'file', path = '~/token' }}\n[aws.default]\nrole_arn = '{role}'\n\
             endpoint_url = '{url}'\nregion = 'eu-west-1'\n{more}\n"
        ));
    }

    fn code(&self, words: &[&str]) -> i32 {
        self.home.run(words).code().unwrap()
    }

    /// `text` without what is different each time.
    fn timeless(&self, text: &str) -> String {
        let home = self.home.path("").display().to_string();
        let text = text.replace(&home, "~/").replace(&self.sandbox.url(), "http://sandbox");
        let text = text.replace(&self.sandbox.issuer().replace("http://", ""), "sandbox/idp");
        let word = |word: &str| match word.trim_end_matches([',', ')']) {
            time if time.len() == 20 && time.ends_with('Z') => word.replace(time, "[time]"),
            number if number.len() > 1 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                "[pid]".to_owned()
            }
            // Whatever is left of an hour.
            "(1h" | "(59m" | "59m" | "30m" | "29m" | "28m" | "31m" | "32m" | "27m" | "33m" => {
                "[minutes]".to_owned()
            }
            _ => word.to_owned(),
        };
        text.split_inclusive([' ', '\n'])
            .map(|piece| {
                let bare = piece.trim_end_matches([' ', '\n']);
                word(bare) + &piece[bare.len()..]
            })
            .collect()
    }
}
