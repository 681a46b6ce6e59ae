//! What `explain` takes and prints: rules as they are saved, tokens from files, and a screen that says all.

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::{Home, Outcome};
use serde_json::{Value, json};

struct Place {
    home: Home,
}

impl Place {
    /// A home without any config, and with a token in a file.
    fn new(mint: &Mint) -> Self {
        let (home, platform) = (Home::new(), Sandbox::start(Options::default()).unwrap());
        let mint = mint.clone().issuer("https://api.gitpod.io/idp");
        home.write("token", platform.mint(&mint));
        Self { home }
    }

    fn explain(&self, text: &str, more: &[&str]) -> Outcome {
        self.home.write("rule.json", text);
        let words = ["explain", "--policy", "rule.json", "--token-file", "token"];
        self.home.run(words.iter().chain(more))
    }
}

const TRUST: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/api.gitpod.io/idp"},
      "Action": "sts:AssumeRoleWithWebIdentity",
      "Condition": {
        "StringEquals": {
          "api.gitpod.io/idp:aud": "sts.amazonaws.com",
          "api.gitpod.io/idp:sub": "https://github.com/Acme/app"
        }
      }
    }
  ]
}"#;

#[test]
fn one_screen_says_where_the_rule_fails_and_what_to_change() {
    let place = Place::new(&Mint::default());
    let outcome = place.explain(TRUST, &[]);
    assert_eq!(outcome.code(), Some(4), "{outcome:?}");
    let shown: Vec<_> = outcome.stdout.lines().filter(|line| !line.contains("iat ")).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    refused: the IAM trust policy does not let this token in
      the token says: iss https://api.gitpod.io/idp
      the token says: sub https://github.com/acme/app
      the token says: aud sts.amazonaws.com

    rule.json:11: Statement[0].Condition.StringEquals["api.gitpod.io/idp:sub"]: the token's `sub` is not what StringEquals takes
      expected:       "https://github.com/Acme/app"
      got:            "https://github.com/acme/app"
      difference:     only upper and lower case differ, and they count
      change there:   "StringEquals": {"api.gitpod.io/idp:sub": "https://github.com/acme/app"}
    "#);
}

#[test]
fn a_rule_that_fits_is_said_to_fit() {
    let place = Place::new(&Mint::default());
    let outcome = place.explain(&TRUST.replace("Acme", "acme"), &[]);
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    assert!(outcome.stdout.starts_with("accepted: the IAM trust policy lets this token in"), "{outcome:?}");
}

#[test]
fn what_only_the_cloud_knows_is_a_note_and_no_guess() {
    let place = Place::new(&Mint::default().subject("https://github.com/Acme/app"));
    let address = TRUST
        .replace(r#""Condition": {"#, r#""Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"},"#);
    let outcome = place.explain(&address, &["--output", "json"]);
    let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.code(), &said["accepted"]), (Some(0), &json!(true)), "{said:#}");
    assert!(said["notes"][0].as_str().unwrap().contains("aws:SourceIp"), "{said:#}");
    assert_eq!(said["sent"]["issuer"], "https://api.gitpod.io/idp");
}

#[test]
fn a_token_that_has_ended_is_refused_by_its_end() {
    let place = Place::new(&Mint::default().expired());
    let outcome = place.explain(&TRUST.replace("Acme", "acme"), &["--output", "json"]);
    let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.code(), &said["findings"][0]["claim"]), (Some(4), &json!("exp")), "{said:#}");
}

#[test]
fn a_federated_expression_is_worked_out() {
    let credential = |expression: &str| {
        json!({
            "name": "flexible",
            "issuer": "https://api.gitpod.io/idp",
            "audiences": ["sts.amazonaws.com"],
            "claimsMatchingExpression": {"value": expression, "languageVersion": 1},
        })
        .to_string()
    };
    let place = Place::new(&Mint::default());
    let fits = place.explain(&credential("claims['sub'] matches 'https://github.com/acme/*'"), &[]);
    assert_eq!(fits.code(), Some(0), "{fits:?}");
    let other =
        place.explain(&credential("claims['sub'] eq 'https://github.com/acme/*'"), &["--kind", "azure"]);
    assert!(other.code() == Some(4) && other.stdout.contains("wildcard"), "{other:?}");
}

#[test]
fn what_cannot_be_used_is_refused_with_what_would_be_right() {
    let place = Place::new(&Mint::default());
    for (text, more, code, hint) in [
        ("Statement: []", &[][..], 1, "as JSON"),
        ("{\"a\": 1}", &[], 2, "aws iam get-role"),
        ("{\"a\": 1}", &["--kind", "vault"], 1, "bao read"),
        ("{}", &["--kind", "oracle"], 2, "aws, azure, gcp, vault"),
    ] {
        let outcome = place.explain(text, more);
        assert!(outcome.code() == Some(code) && outcome.stderr.contains(hint), "{text}: {outcome:?}");
    }
    let missing = place.home.run(["explain", "--policy", "none.json", "--token-file", "token"]);
    assert!(missing.code() == Some(1) && missing.stderr.contains("standard input"), "{missing:?}");
}
