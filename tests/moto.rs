//! Against moto, which answers in AWS's own shapes: what comes after the exchange, and what the documents look like.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::sync::LazyLock;

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::{Home, Moto, Outcome, clients};
use serde_json::Value;

static MOTO: LazyLock<Moto> = LazyLock::new(Moto::start);

const DOCUMENT: &str = ".local/state/evercred/aws.default.json";

#[test]
fn the_process_document_has_the_shape_that_every_sdk_reads() {
    let home = home("");
    home.run(["once"]).success();
    let document: Value = serde_json::from_str(&home.read(DOCUMENT).unwrap()).unwrap();
    assert_eq!(document["Version"], 1, "the number, not a text");
    assert!(document["AccessKeyId"].as_str().unwrap().starts_with("ASIA"), "{}", document["AccessKeyId"]);
    for key in ["SecretAccessKey", "SessionToken"] {
        assert!(!document[key].as_str().unwrap().is_empty(), "{key}");
    }
    let end = document["Expiration"].as_str().unwrap();
    assert!(end.len() == "2026-01-01T00:00:00Z".len() && end.ends_with('Z'), "{end}");
}

#[test]
fn credential_process_prints_the_document_byte_for_byte() {
    let home = home("");
    home.run(["once"]).success();
    let printed = home.run(["credential-process", "aws.default"]).success();
    assert_eq!(printed.trim_end(), home.read(DOCUMENT).unwrap().trim_end());
}

#[test]
fn the_session_is_the_roles_and_is_named_after_the_workspace() {
    let home = home("");
    home.run(["once"]).success();
    let arn = caller(&home);
    assert!(arn.starts_with("arn:aws:sts::123456789012:assumed-role/dev/"), "{arn}");
    assert!(arn.ends_with("acme-app-3k2jx9q8w1z"), "{arn}");
}

#[test]
fn a_chain_ends_in_the_session_of_its_last_role() {
    let home = home(
        r#"
        [[aws.default.chain]]
        role_arn = "arn:aws:iam::123456789012:role/hop"

        [[aws.default.chain]]
        role_arn = "arn:aws:iam::210987654321:role/deploy"
        external_id = "sandbox-external-id"
        session_name = "from-a-chain"
        tags = { team = "acme" }
        "#,
    );
    home.run(["once"]).success();
    assert_eq!(caller(&home), "arn:aws:sts::210987654321:assumed-role/deploy/from-a-chain");
}

#[test]
fn a_session_that_get_caller_identity_confirms_is_published() {
    let home = home("verify = true");
    home.run(["once"]).success();
    assert!(caller(&home).contains(":assumed-role/dev/"));
}

#[test]
fn get_prints_the_session_at_hand_and_a_new_one_on_request() {
    let home = home("");
    let get = |more: &[&str]| {
        home.run([&["get", "aws.default", "--field", "access_key_id"], more].concat()).success()
    };
    let key = get(&["--fresh"]);
    assert!(key.starts_with("ASIA"), "{key}");
    assert_eq!((home.read(DOCUMENT), home.read(".aws/config")), (None, None), "that writes nothing");
    let published = get(&[]);
    assert!(home.read(DOCUMENT).unwrap().contains(published.trim_end()));
    assert_eq!(get(&[]), published);
    assert_ne!(get(&["--fresh"]), published);
}

#[test]
fn token_decodes_as_gp_does() {
    let home = home("");
    let token = home.run(["token", "--audience", "sts.amazonaws.com"]).success();
    assert_eq!(Some(token.trim_end()), home.read("token").as_deref());
    let decoded = home.run(["token", "--audience", "sts.amazonaws.com", "--decode"]).success();
    let decoded: Value = serde_json::from_str(&decoded).unwrap();
    assert_eq!(decoded["Payload"]["workspace_id"], "acme-app-3k2jx9q8w1z");
    assert!(decoded["Header"]["alg"].is_string(), "{decoded}");
}

/// A home with a login to moto.
fn home(more: &str) -> Home {
    let home = Home::new();
    let platform = Sandbox::start(Options::default()).unwrap();
    let token = home.write("token", platform.mint(&Mint::default()));
    home.config(&format!(
        r#"
        [source]
        type = "file"
        path = "{}"

        [aws.default]
        role_arn = "arn:aws:iam::123456789012:role/dev"
        endpoint_url = "{}"
        region = "us-east-1"
        {more}
        "#,
        token.display(),
        MOTO.endpoint(),
    ));
    home
}

/// Whom the aws CLI speaks for through the default profile.
fn caller(home: &Home) -> String {
    let mut aws = clients::aws(home);
    aws.args(["--endpoint-url", MOTO.endpoint(), "--region", "us-east-1"]);
    aws.args(["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]);
    Outcome::of(&mut aws).success().trim_end().to_owned()
}
