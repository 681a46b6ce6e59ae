//! `check` goes through the whole chain, names the link that breaks, and leaves nothing behind.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::{Home, Outcome};
use serde_json::Value;

struct Rig {
    home: Home,
    sandbox: Sandbox,
}

impl Rig {
    /// A login at a sandbox, with `more` lines.
    fn new(more: &str) -> Self {
        let rig = Self { home: Home::new(), sandbox: Sandbox::start(Options::default()).unwrap() };
        rig.home.write("token", rig.sandbox.mint(&Mint::default()));
        rig.at(&rig.sandbox.url(), more);
        rig
    }

    fn at(&self, url: &str, more: &str) {
        let role = self.sandbox.role_arn("dev");
        self.home.config(&format!(
            "source = {{ type = 'file', path = '~/token' }}\n[aws.default]\nrole_arn = '{role}'\n\
             endpoint_url = '{url}'\nregion = 'eu-west-1'\n{more}\n"
        ));
    }
}

/// The exit code and the steps of the one login.
fn steps(outcome: &Outcome) -> (i32, Vec<Value>) {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let steps = report["logins"][0]["steps"].as_array().unwrap().clone();
    (outcome.code().unwrap(), steps)
}

fn of<'s>(steps: &'s [Value], name: &str, verdict: &str) -> &'s Value {
    let is_it = |step: &&Value| step["step"] == name && step["verdict"] == verdict;
    let found = steps.iter().find(is_it);
    assert!(found.is_some(), "no step `{name}` that {verdict}: {steps:#?}");
    found.unwrap()
}

#[test]
fn a_chain_that_holds_is_gone_through_without_a_trace() {
    let rig = Rig::new("");
    let (code, steps) = steps(&rig.home.run(["check", "--output", "json"]));
    assert_eq!(code, 0, "{steps:#?}");
    for step in ["token", "server", "clock", "exchange", "output"] {
        assert!(of(&steps, step, "passed")["took_ms"].is_u64());
    }
    let token = of(&steps, "token", "passed")["detail"].as_str().unwrap();
    assert!(token.contains(&rig.sandbox.issuer()) && token.contains("audience sts.amazonaws.com"), "{token}");
    assert_eq!(
        (rig.home.read(".aws/config"), rig.home.read(".local/state/evercred/aws.default.json")),
        (None, None)
    );
    assert!(!rig.home.path(".aws").exists());
    rig.home.run(["once"]).success();
}

#[test]
fn a_server_that_nobody_reaches_is_told_from_one_that_refuses() {
    let rig = Rig::new("");
    rig.at("http://127.0.0.1:1", "");
    let (code, unreached) = steps(&rig.home.run(["check", "--output", "json"]));
    assert_eq!(code, 5);
    of(&unreached, "token", "passed");
    let failure = of(&unreached, "server", "failed")["detail"].as_str().unwrap();
    assert!(failure.contains("127.0.0.1:1"), "{failure}");

    rig.at(&rig.sandbox.url(), "");
    rig.home.write("token", rig.sandbox.mint(&Mint::default().issuer("https://elsewhere.test")));
    let (code, refused) = steps(&rig.home.run(["check", "--output", "json"]));
    assert_eq!(code, 4);
    of(&refused, "server", "passed");
    assert!(of(&refused, "exchange", "failed")["failure"]["hint"].is_string());
}

#[test]
fn a_token_for_somebody_else_is_no_token() {
    let rig = Rig::new("");
    rig.home.write("token", rig.sandbox.mint(&Mint::audience("somebody-else")));
    let (code, steps) = steps(&rig.home.run(["check", "--output", "json"]));
    assert_eq!(code, 4);
    let failure = of(&steps, "token", "failed")["detail"].as_str().unwrap();
    assert!(failure.contains("somebody-else"), "{failure}");
    of(&steps, "server", "passed");
}

#[test]
fn a_clock_that_is_wrong_is_a_warning() {
    let rig = Rig::new("");
    let mut late = rig.home.evercred_at("+40s");
    let (code, steps) = steps(&Outcome::of(late.args(["check", "--output", "json"])));
    assert_eq!(code, 0, "{steps:#?}");
    let warning = of(&steps, "clock", "warned")["detail"].as_str().unwrap();
    assert!(
        warning.contains("40 s apart") || warning.contains("41 s") || warning.contains("39 s"),
        "{warning}"
    );
}

#[test]
fn an_authority_that_is_not_trusted_breaks_at_the_server() {
    let rig = Rig::new("");
    rig.at(&rig.sandbox.https_url(), "");
    let (code, steps) = steps(&rig.home.run(["check", "--output", "json"]));
    assert_eq!(code, 5, "{steps:#?}");
    let hint = of(&steps, "server", "failed")["failure"]["hint"].as_str().unwrap();
    assert!(hint.contains("ca_bundle"), "{hint}");
}

#[test]
fn outputs_that_could_not_be_written_are_named_and_stay_as_they_are() {
    let rig = Rig::new("outputs = [{ type = 'json', path = '~/a-file/out.json' }, 'profile']");
    rig.home.write("a-file", "");
    let theirs = "[default]\nsso_session = acme\nrole_arn = arn:aws:iam::123456789012:role/other\n";
    rig.home.write(".aws/config", theirs);
    let outcome = rig.home.run(["check"]);
    assert_eq!(outcome.code(), Some(1), "{outcome:?}");
    for words in ["failed", "a-file", "[default] has", "hint: "] {
        assert!(outcome.stdout.contains(words), "{words}: {outcome:?}");
    }
    assert_eq!(rig.home.read(".aws/config").unwrap(), theirs);
    assert_eq!(std::fs::read_dir(rig.home.path(".aws")).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_login_that_is_not_there_is_named() {
    let rig = Rig::new("");
    let outcome = rig.home.run(["check", "aws.prod"]).failure();
    assert_eq!(outcome.code(), Some(3), "{outcome:?}");
}
