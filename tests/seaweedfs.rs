//! Against `SeaweedFS`, whose STS verifies ID tokens and whose S3 verifies the sessions' signatures: what evercred
//! publishes is good for work, and what it must not get it is told about in a way that helps.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::process::Command;
use std::sync::LazyLock;

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox, Signer};
use evercred_test_support::{Home, Outcome, Seaweed, clients};
use serde_json::Value;

struct Rig {
    platform: Sandbox,
    seaweed: Seaweed,
}

static RIG: LazyLock<Rig> = LazyLock::new(|| {
    let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
    let seaweed = Seaweed::start(&platform.issuer(), &format!("{}/keys", platform.issuer()));
    Rig { platform, seaweed }
});

const DOCUMENT: &str = ".local/state/evercred/aws.default.json";
const REFUSED: Option<i32> = Some(4);

#[test]
fn the_aws_cli_works_through_the_profile_that_evercred_keeps() {
    let home = home(&Mint::default(), "");
    home.run(["once"]).success();
    Outcome::of(aws(&home).args(["s3", "mb", "s3://made-through-the-profile"])).success();
    let listed = Outcome::of(aws(&home).args(["s3", "ls"])).success();
    assert!(listed.contains("made-through-the-profile"), "{listed}");
}

#[test]
fn the_aws_cli_works_through_the_static_profile_that_evercred_keeps() {
    let home =
        home(&Mint::default(), "[[aws.default.outputs]]\ntype = \"static-profile\"\nprofile = \"legacy\"\n");
    home.run(["once"]).success();
    let made =
        Outcome::of(aws(&home).args(["--profile", "legacy", "s3", "mb", "s3://made-with-static-keys"]));
    assert!(made.success().contains("made-with-static-keys"));
}

#[test]
fn an_audience_that_the_provider_does_not_list_is_refused_and_named() {
    let error = refusal(&home(&Mint::audience("somebody-else"), "audience = \"somebody-else\"\n"));
    assert_eq!(class_and_code(&error), ("needs_attention", Some("InvalidParameterValue")));
    assert!(text(&error, "message").contains("audience"), "{error}");
    assert!(text(&error, "hint").contains("Add the audience somebody-else"), "{error}");
}

#[test]
fn a_token_for_another_audience_is_refused_before_it_leaves_the_machine() {
    let error = refusal(&home(&Mint::audience("somebody-else"), ""));
    let said = error.to_string();
    assert_eq!(error["code"], Value::Null, "nobody else was asked");
    assert!(said.contains("`aud`") && said.contains("somebody-else"), "{said}");
}

#[test]
fn a_token_that_expired_is_refused_before_it_leaves_the_machine() {
    let error = refusal(&home(&Mint::default().expired(), ""));
    assert_eq!(error["code"], Value::Null, "nobody else was asked");
    assert!(error.to_string().contains("`exp`"), "{error}");
}

#[test]
fn new_tokens_that_the_provider_finds_expired_are_refused_and_the_clock_is_blamed() {
    let home = home(&Mint::default().expired(), "");
    home.write("new", RIG.platform.mint(&Mint::default().expired().claim("jti", "new")));
    let print_and_renew = "cat token && if [ -e new ]; then mv new token; fi";
    home.config(&login(&format!("type = \"command\"\ncommand = [\"sh\", \"-c\", {print_and_renew:?}]"), ""));
    let error = error_of(&home, &Outcome::of(home.evercred_at("-90m").args(ONCE)));
    assert_eq!(class_and_code(&error), ("new_token", Some("ExpiredTokenException")), "{error}");
    assert!(text(&error, "hint").contains("clock"), "{error}");
    assert_eq!(home.read("new"), None, "a new one was tried");
}

#[test]
fn a_subject_that_the_trust_policy_does_not_expect_is_refused_and_shown() {
    let subject = "https://github.com/evil/app";
    let error = refusal(&home(&Mint::default().subject(subject), ""));
    assert_eq!(class_and_code(&error), ("needs_attention", Some("AccessDenied")));
    assert!(text(&error, "hint").contains(subject), "{error}");
}

#[test]
fn a_token_signed_by_a_key_that_is_not_the_issuers_is_refused() {
    let error = refusal(&home(&Mint::default().signed_by(Signer::Impostor), ""));
    assert_eq!(class_and_code(&error), ("needs_attention", Some("InvalidParameterValue")));
    assert!(text(&error, "message").contains("signature"), "{error}");
    assert!(text(&error, "hint").contains(&RIG.platform.issuer()), "{error}");
}

/// A home with a login whose ID token is such a one.
fn home(mint: &Mint, more: &str) -> Home {
    let home = Home::new();
    let token = home.write("token", RIG.platform.mint(mint));
    home.config(&login(&format!("type = \"file\"\npath = \"{}\"", token.display()), more));
    home
}

/// A config with such a source, and `more` in or after its login.
fn login(source: &str, more: &str) -> String {
    let (role_arn, endpoint) = (Seaweed::ROLE_ARN, RIG.seaweed.endpoint());
    let login = format!("role_arn = {role_arn:?}\nendpoint_url = {endpoint:?}\nregion = \"us-east-1\"\n");
    format!("[source]\n{source}\n\n[aws.default]\n{login}{more}")
}

const ONCE: [&str; 3] = ["once", "--output", "json"];

/// What `evercred once` says about its refusal, which leaves nothing behind.
fn refusal(home: &Home) -> Value {
    error_of(home, &home.run(ONCE))
}

fn error_of(home: &Home, outcome: &Outcome) -> Value {
    assert_eq!(outcome.code(), REFUSED, "{outcome:?}");
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let error = status["logins"][0]["error"].clone();
    assert!(!text(&error, "hint").is_empty(), "{error}");
    assert_eq!((home.read(DOCUMENT), home.read(".aws/config")), (None, None), "nothing may be published");
    error
}

fn class_and_code(error: &Value) -> (&str, Option<&str>) {
    (text(error, "class"), error["code"].as_str())
}

fn text<'e>(error: &'e Value, key: &str) -> &'e str {
    error[key].as_str().unwrap_or_default()
}

fn aws(home: &Home) -> Command {
    let mut aws = clients::aws(home);
    aws.args(["--endpoint-url", RIG.seaweed.endpoint(), "--region", "us-east-1"]);
    aws
}
