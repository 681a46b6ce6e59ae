//! What is not written, because it would let strangers in; and what the command says for programs.

use evercred_sandbox::{Mint, Shape};
use serde_json::Value;

use crate::{home, platform, trust};

const AUDIENCE: &str = "sts.amazonaws.com";

/// What is said of a token from such an issuer.
fn refused(minted: &Mint, words: &[&str]) -> String {
    let home = home(&platform(), minted, AUDIENCE);
    let outcome = home.run([&["trust"], words, &["--token-file", "token"]].concat());
    assert_eq!((outcome.code(), outcome.stdout.as_str()), (Some(4), ""), "{outcome:?}");
    assert!(!outcome.stderr.contains("eyJ"), "{outcome:?}");
    outcome.stderr
}

#[test]
fn on_a_shared_issuer_nobody_is_let_in_by_what_strangers_can_say_too() {
    let shared = Mint::default().issuer("https://api.gitpod.io/idp");
    for provider in ["aws", "azure"] {
        for scope in ["workspace", "project", "organisation"] {
            let said = refused(&shared, &[provider, "--scope", scope]);
            assert!(said.contains("mints tokens for everybody") && said.contains("strangers"), "{said}");
            assert!(said.contains("hint: Have the organisation's subjects made of org_id"), "{said}");
        }
    }
    let nameless = shared.without("org_id");
    for provider in ["gcp", "vault"] {
        let said = refused(&nameless, &[provider, "--scope", "workspace"]);
        assert!(said.contains("strangers"), "{said}");
    }
}

#[test]
fn what_the_other_side_cannot_tell_apart_is_said_with_what_to_do() {
    let said = refused(&Mint::default().shape(Shape::OnaV3), &["aws", "--scope", "workspace"]);
    assert!(said.contains("nothing that AWS looks at in this token names its environment"), "{said}");
    assert!(said.contains("Add environment_id to the fields of the subject"), "{said}");
}

#[test]
fn a_token_without_a_subject_cannot_be_trusted() {
    let said = refused(&Mint::default().without("sub"), &["vault"]);
    assert!(said.contains("has no `sub`"), "{said}");
}

#[test]
fn mistakes_on_the_command_line_are_told_with_what_there_is() {
    let home = home(&platform(), &Mint::default(), AUDIENCE);
    let cases = [
        (["oracle", "--format", "cli"], "Take one of aws, azure, gcp, vault"),
        (["aws", "--format", "yaml"], "Take one of cli, json, terraform, cloudformation"),
        (["aws", "--set", "account=1"], "Take one of account_id, role_name"),
        (["aws", "--set", "account_id=1"], "cannot be the 12 digits"),
    ];
    for (words, hint) in cases {
        let outcome = home.run([&["trust"], &words[..]].concat());
        assert_eq!(outcome.code(), Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(hint), "{outcome:?}");
    }
    let listed = trust(&home, "aws", &["--format", "list"]);
    assert!(listed.contains("--format cloudformation") && listed.contains("--set account_id=…"), "{listed}");
}

#[test]
fn the_audience_is_the_logins_and_the_token_has_to_be_for_it() {
    let home = home(&platform(), &Mint::default(), AUDIENCE);
    let outcome = home.run(["trust", "aws", "--token-file", "token", "--audience", "acme"]);
    assert_eq!(outcome.code(), Some(4), "{outcome:?}");
    assert!(
        outcome.stderr.contains("it is for sts.amazonaws.com, but logins will ask for acme"),
        "{outcome:?}"
    );
}

#[test]
fn without_a_file_a_token_is_minted_for_the_login_which_tells_the_rest() {
    let platform = platform();
    let home = evercred_test_support::Home::new();
    let (role, url) = (platform.role_arn("team/dev"), platform.url());
    home.config(&format!(
        "[source]\ntype = \"http\"\nurl = \"{url}/token\"\n\n[aws.default]\nrole_arn = {role:?}\naudience = \"acme\"\n"
    ));
    let said = home.run(["trust", "aws", "--output", "json"]).success();
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&document["audience"], &document["scope"]), (&"acme".into(), &"project".into()));
    assert_eq!(document["missing"], serde_json::json!([]));
    assert!(document["statement"].as_array().unwrap().len() > 3, "{document}");
    let script = document["files"][0]["text"].as_str().unwrap();
    assert!(script.contains("account_id=123456789012\nrole_name=dev\nrole_path=/team/\n"), "{script}");
    assert_eq!(document["commands"][0], "bash evercred-trust.sh");
}
