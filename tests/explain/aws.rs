//! Trust policies; the sandbox's own evaluator is the oracle.

use evercred_sandbox::{AwsOptions, Mint, Options, Role, Sandbox, Shape};
use serde_json::{Value, json};

use crate::case::{Case, Expected, Verdicts};
use Expected::{Accepted, Refused, RefusedByRule};

const SUBJECT: &str = "https://github.com/acme/app";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/<issuer>";
const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

fn good() -> Mint {
    Mint::default()
}

fn statement(effect: &str, condition: &Value) -> Value {
    json!({"Effect": effect, "Principal": {"Federated": PROVIDER}, "Action": ACTION, "Condition": condition})
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// With one statement under this condition.
#[expect(clippy::needless_pass_by_value, reason = "a table is easier to read without references")]
fn case(name: &str, mint: Mint, condition: Value, expected: Expected) -> Case {
    Case::new(name, mint, vec![policy(&[statement("Allow", &condition)])], expected)
}

fn cases() -> Vec<Case> {
    let mut cases = of_subjects();
    cases.extend(of_keys());
    cases.extend(of_operators());
    cases.extend(of_statements());
    cases
}

fn of_subjects() -> Vec<Case> {
    let equals = |subject: &str| json!({"StringEquals": {"<issuer>:sub": subject}});
    let like = |pattern: &str| json!({"StringLike": {"<issuer>:sub": pattern}});
    let usual = || json!({"StringEquals": {"<issuer>:sub": SUBJECT, "<issuer>:aud": "sts.amazonaws.com"}});
    vec![
        case("the usual", good(), usual(), Accepted),
        case("another subject", good().subject("https://github.com/acme/other"), usual(), Refused("sub")),
        case(
            "a subject in other case",
            good().subject("https://github.com/Acme/app"),
            usual(),
            Refused("sub"),
        ),
        case("a subject with a slash", good().subject(format!("{SUBJECT}/")), usual(), Refused("sub")),
        case("a longer subject", good().subject(format!("{SUBJECT}2")), usual(), Refused("sub")),
        case("a wildcard taken to the letter", good(), equals("https://github.com/acme/*"), Refused("sub")),
        case("a wildcard", good(), like("https://github.com/acme/*"), Accepted),
        case("a wildcard for one", good(), like("https://github.com/acme/ap?"), Accepted),
        case("a wildcard for one more", good(), like("https://github.com/acme/app?"), Refused("sub")),
        case("a pattern that ends too early", good(), like("*/acme"), Refused("sub")),
        case("a pattern that begins too late", good(), like("github.com/*"), Refused("sub")),
        case("a pattern in other case", good(), like("https://github.com/ACME/*"), Refused("sub")),
        case(
            "one of several subjects",
            good(),
            json!({"StringEquals": {"<issuer>:sub": ["x", SUBJECT]}}),
            Accepted,
        ),
        case(
            "none of several subjects",
            good(),
            json!({"StringEquals": {"<issuer>:sub": ["x", "y"]}}),
            Refused("sub"),
        ),
        case("Ona 2", good().shape(Shape::OnaV2), like("org:*"), Accepted),
        case("Ona 3 where 2 was", good().shape(Shape::OnaV3), like("org:*"), Refused("sub")),
        case("GitHub", good().shape(Shape::GithubActions), like("repo:*"), Accepted),
    ]
}

fn of_keys() -> Vec<Case> {
    let audience = |audience: &str| json!({"StringEquals": {"<issuer>:aud": audience}});
    let party = || Mint::default().and_audience("acme").claim("azp", "sts.amazonaws.com");
    vec![
        case("another audience", good(), audience("acme"), Refused("aud")),
        case("an audience with a scheme", good(), audience("https://sts.amazonaws.com"), Refused("aud")),
        case(
            "a key in other case",
            good(),
            json!({"StringEquals": {"<issuer>:AUD": "sts.amazonaws.com"}}),
            Accepted,
        ),
        case("the party counts", party(), audience("sts.amazonaws.com"), Accepted),
        case("the party hides the audience", party(), audience("acme"), Refused("aud")),
        case(
            "a claim that is no key",
            good(),
            json!({"StringEquals": {"<issuer>:repository": "x"}}),
            Refused("repository"),
        ),
        case("the issuer is no key", good(), json!({"StringEquals": {"<issuer>:iss": "x"}}), Refused("iss")),
        case(
            "a key of another issuer",
            good(),
            json!({"StringEquals": {"idp.example:sub": SUBJECT}}),
            RefusedByRule,
        ),
        case(
            "a claim that is no key, if it is there",
            good(),
            json!({"StringEqualsIfExists": {"<issuer>:repository": "x"}}),
            Accepted,
        ),
        case("the session's name", good(), json!({"StringLike": {"sts:RoleSessionName": "*"}}), Accepted),
    ]
}

fn of_operators() -> Vec<Case> {
    let subject = |operator: &str, value: &str| json!({operator: {"<issuer>:sub": value}});
    vec![
        case("not another", good(), subject("StringNotEquals", "x"), Accepted),
        case("not this", good(), subject("StringNotEquals", SUBJECT), Refused("sub")),
        case("not like this", good(), subject("StringNotLike", "*acme*"), Refused("sub")),
        case(
            "case does not count",
            good(),
            subject("StringEqualsIgnoreCase", "https://GitHub.com/acme/app"),
            Accepted,
        ),
        case("any value", good(), subject("ForAnyValue:StringEquals", SUBJECT), Accepted),
        case("any value like", good(), subject("ForAnyValue:StringLike", "x*"), Refused("sub")),
        case("all values", good(), subject("ForAllValues:StringLike", "https:*"), Accepted),
        case(
            "all values of none",
            good(),
            json!({"ForAllValues:StringEquals": {"<issuer>:amr": "x"}}),
            Accepted,
        ),
        case("there must be none", good(), json!({"Null": {"<issuer>:sub": "true"}}), Refused("sub")),
        case("there must be one", good(), json!({"Null": {"<issuer>:sub": "false"}}), Accepted),
        case("no text operator", good(), subject("NumericEquals", "7"), Refused("sub")),
        case("an address that looks like an ARN's operator", good(), subject("ArnLike", "https:*"), Accepted),
    ]
}

fn of_statements() -> Vec<Case> {
    let one = |statement: Value| vec![policy(&[statement])];
    let any = || json!({"StringLike": {"<issuer>:sub": "*"}});
    let only = |subject: &str| json!({"StringEquals": {"<issuer>:sub": subject}});
    let with = |key: &str, value: Value| {
        let mut statement = statement("Allow", &any());
        statement[key] = value;
        one(statement)
    };
    let allow_and = |denial: Value| vec![policy(&[statement("Allow", &any()), statement("Deny", &denial)])];
    let case = Case::new;
    let other = "arn:aws:iam::123456789012:oidc-provider/idp.example";
    vec![
        case("another provider", good(), with("Principal", json!({"Federated": other})), Refused("iss")),
        case(
            "one of two providers",
            good(),
            with("Principal", json!({"Federated": [other, PROVIDER]})),
            Accepted,
        ),
        case(
            "an account in place of a provider",
            good(),
            with("Principal", json!({"AWS": "123456789012"})),
            RefusedByRule,
        ),
        case("anybody", good(), with("Principal", json!("*")), Accepted),
        case("another action", good(), with("Action", json!("sts:AssumeRole")), RefusedByRule),
        case("one of two actions", good(), with("Action", json!(["sts:TagSession", ACTION])), Accepted),
        case(
            "an action in other case",
            good(),
            with("Action", json!("STS:assumerolewithwebidentity")),
            Accepted,
        ),
        case("all of its actions", good(), with("Action", json!("sts:*")), Accepted),
        case("a denial of others", good(), allow_and(only("mallory")), Accepted),
        case("a denial", good().subject("mallory"), allow_and(only("mallory")), Refused("sub")),
        case(
            "the second of two",
            good(),
            vec![policy(&[statement("Allow", &only("x")), statement("Allow", &any())])],
            Accepted,
        ),
        case(
            "neither of two",
            good(),
            vec![policy(&[statement("Allow", &only("x")), statement("Allow", &only("y"))])],
            Refused("sub"),
        ),
        case("nothing allowed", good(), vec![policy(&[])], RefusedByRule),
    ]
}

#[test]
fn explain_says_of_a_trust_policy_what_sts_does() {
    let mut cases = cases();
    let role = |(index, case): (usize, &Case)| Role::new(format!("case-{index}"), case.documents[0].clone());
    let roles = cases.iter().enumerate().map(role).collect();
    let aws = AwsOptions { roles, ..AwsOptions::default() };
    let sandbox = Sandbox::start(Options { aws, ..Options::default() }).unwrap();
    let issuer = sandbox.issuer();
    let host = issuer.split_once("://").unwrap().1.to_owned();
    for (index, case) in cases.iter_mut().enumerate() {
        let filled = case.documents[0].to_string().replace("<issuer>", &host);
        let policy: Value = serde_json::from_str(&filled).unwrap();
        let arn = sandbox.role_arn(&format!("case-{index}"));
        // As `aws iam get-role` prints it, or alone.
        let printed = json!({"Role": {"RoleName": format!("case-{index}"), "Arn": arn, "AssumeRolePolicyDocument": policy}});
        case.documents = vec![if index % 2 == 0 { printed } else { policy }];
        case.login = format!("role_arn = \"{arn}\"\n");
    }
    let role = cases[0].login.clone();
    let printed = |clients: &[&str]| json!({"Url": host, "ClientIDList": clients, "ThumbprintList": []});
    for (mint, expected) in [(good(), Accepted), (Mint::audience("acme"), Refused("aud"))] {
        let documents = vec![cases[0].documents[0].clone(), printed(&["sts.amazonaws.com"])];
        cases.push(Case {
            login: role.clone(),
            ..Case::new("with the identity provider", mint, documents, expected)
        });
    }
    let login = format!("endpoint_url = \"{}\"\nregion = \"eu-west-1\"\n", sandbox.url());
    Verdicts::of("aws", &cases, &sandbox, &login).check(&cases);
}
