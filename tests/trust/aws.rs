//! AWS: the trust policy decides in the sandbox, and in `SeaweedFS`, whose STS is somebody else's work.

use evercred_sandbox::{Mint, Role};
use evercred_test_support::{Moto, Outcome, Seaweed, clients};
use serde_json::{Value, json};

use crate::cases::{self, Case};
use crate::{check, home, login, platform, trust};

const AUDIENCE: &str = "sts.amazonaws.com";
const ACCOUNT: &str = "account_id=123456789012";

#[test]
fn the_trust_policy_lets_in_those_who_are_meant_and_nobody_else() {
    let platform = platform();
    for case in cases::by_subject() {
        let token = home(&platform, &case.minted, AUDIENCE);
        let policy = trust(&token, "aws", &["--format", "json", "--scope", case.scope, "--set", ACCOUNT]);
        let policy: Value = serde_json::from_str(&policy).unwrap();
        platform.adjust(|options| options.aws.roles = vec![Role::new("evercred", policy.clone())]);
        let enter = |minted: &Mint| {
            let (role, url) = (platform.role_arn("evercred"), platform.url());
            let table = format!(
                "[aws.default]\nrole_arn = {role:?}\nendpoint_url = {url:?}\nregion = \"us-east-1\"\n"
            );
            login(&home(&platform, minted, AUDIENCE), &table)
        };
        check(&case, enter);
    }
}

#[test]
fn an_sts_that_somebody_else_wrote_decides_alike() {
    let platform = platform();
    let cases = cases::by_subject();
    // Of policies it knows the wildcards, but not how they are made to stand for themselves.
    let cases: Vec<Case> = cases.into_iter().filter(|case| !case.name().contains("$(id)")).collect();
    let role = |(number, case): (usize, &Case)| {
        let token = home(&platform, &case.minted, AUDIENCE);
        let policy = trust(&token, "aws", &["--format", "json", "--scope", case.scope]);
        (format!("role-{number}"), in_its_words(&policy, &platform.issuer()))
    };
    let roles: Vec<_> = cases.iter().enumerate().map(role).collect();
    let seaweed =
        Seaweed::start_with_roles(&platform.issuer(), &format!("{}/keys", platform.issuer()), &roles);
    for (case, (role, _)) in cases.iter().zip(&roles) {
        check(case, |minted: &Mint| {
            let (role, url) = (Seaweed::role_arn(role), seaweed.endpoint());
            let table = format!(
                "[aws.default]\nrole_arn = {role:?}\nendpoint_url = {url:?}\nregion = \"us-east-1\"\n"
            );
            login(&home(&platform, minted, AUDIENCE), &table)
        });
    }
}

/// `SeaweedFS` calls the identity provider by a name of its config, and the subject by `oidc:sub`; the audience it compares
/// with that of the identity provider, and has no key for it.
fn in_its_words(policy: &str, issuer: &str) -> Value {
    let issuer = issuer.split_once("://").unwrap().1;
    let mut policy: Value =
        serde_json::from_str(&policy.replace(&format!("\"{issuer}:"), "\"oidc:")).unwrap();
    let statement = &mut policy["Statement"][0];
    assert_eq!(
        statement["Principal"]["Federated"],
        format!("arn:aws:iam::ACCOUNT_ID:oidc-provider/{issuer}")
    );
    statement["Principal"]["Federated"] = "platform".into();
    let equals = statement["Condition"]["StringEquals"].as_object_mut().unwrap();
    assert_eq!(equals.remove("oidc:aud").unwrap(), AUDIENCE);
    if equals.is_empty() {
        statement["Condition"].as_object_mut().unwrap().remove("StringEquals");
    }
    statement["Action"] = json!([statement["Action"]]);
    policy
}

#[test]
fn the_script_makes_the_role_in_the_right_account_only() {
    let (platform, moto) = (platform(), Moto::start());
    let case = cases::by_subject().pop().unwrap();
    let home = home(&platform, &case.minted, AUDIENCE);
    let run = |name: &str, more: (&str, &str)| {
        let mut bash = home.command("bash");
        bash.arg(name).env("AWS_ENDPOINT_URL", moto.endpoint()).env("AWS_DEFAULT_REGION", "us-east-1");
        bash.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").env(more.0, more.1);
        Outcome::of(&mut bash)
    };
    home.write("asking.sh", trust(&home, "aws", &[]));
    let asked = run("asking.sh", ("NOTHING", ""));
    assert!(asked.failure().stderr.contains("Set ACCOUNT_ID to the 12 digits"), "it asks, and does nothing");
    let elsewhere = run("asking.sh", ("ACCOUNT_ID", "210987654321"));
    assert!(elsewhere.failure().stderr.contains("for another account than 210987654321"));
    run("asking.sh", ("ACCOUNT_ID", "123456789012")).success();
    let mut aws = clients::aws(&home);
    aws.args([
        "--endpoint-url",
        moto.endpoint(),
        "--region",
        "us-east-1",
        "iam",
        "get-role",
        "--role-name",
        "evercred",
    ]);
    aws.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let made: Value = serde_json::from_str(&Outcome::of(&mut aws).success()).unwrap();
    let policy = trust(&home, "aws", &["--format", "json", "--set", ACCOUNT]);
    assert_eq!(made["Role"]["AssumeRolePolicyDocument"], serde_json::from_str::<Value>(&policy).unwrap());
}
