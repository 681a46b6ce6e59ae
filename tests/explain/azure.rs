//! Federated credentials; the sandbox's Entra is the oracle: an application for each case.

use evercred_sandbox::{Application, AzureOptions, FederatedCredential, Mint, Options, Sandbox, Shape};
use serde_json::{Value, json};

use crate::case::{Case, Expected, Verdicts};
use Expected::{Accepted, Refused, RefusedByRule};

const AUDIENCE: &str = "api://AzureADTokenExchange";
const SUBJECT: &str = "https://github.com/acme/app";
const ONA: &str = "org:01912345-6789-7abc-8def-0123456789ab/prj:0193aaaa-1111-7222-8333-444455556666/env:\
                   0195bbbb-7777-7888-8999-aaaabbbbcccc";

/// A token, and the application's credentials for it.
type Trial = (&'static str, Mint, Vec<FederatedCredential>, Expected);

fn good() -> Mint {
    Mint::audience(AUDIENCE)
}

/// For this subject, and what is usual besides.
fn of(subject: &str) -> FederatedCredential {
    FederatedCredential { subject: subject.to_owned(), ..FederatedCredential::default() }
}

fn by(issuer: &str) -> FederatedCredential {
    FederatedCredential { issuer: Some(issuer.to_owned()), ..FederatedCredential::default() }
}

fn to(audience: &str) -> FederatedCredential {
    FederatedCredential { audience: audience.to_owned(), ..FederatedCredential::default() }
}

fn usual() -> Vec<FederatedCredential> {
    vec![FederatedCredential::default()]
}

fn trials() -> Vec<Trial> {
    let mut trials = of_subjects();
    trials.extend(of_issuers_and_audiences());
    trials.extend(of_several());
    trials
}

fn of_subjects() -> Vec<Trial> {
    let github = || good().shape(Shape::GithubActions);
    let ona = || good().shape(Shape::OnaV2);
    vec![
        ("the usual", good(), usual(), Accepted),
        ("another subject", good().subject("https://github.com/acme/other"), usual(), Refused("sub")),
        ("a subject in other case", good().subject("https://github.com/Acme/app"), usual(), Refused("sub")),
        ("a subject with a slash", good().subject(format!("{SUBJECT}/")), usual(), Refused("sub")),
        ("a subject with a space", good().subject(format!("{SUBJECT} ")), usual(), Refused("sub")),
        ("a longer subject", good().subject(format!("{SUBJECT}2")), usual(), Refused("sub")),
        ("an empty subject", good().subject(""), usual(), Refused("sub")),
        ("no subject", good().without("sub"), usual(), Refused("sub")),
        ("a subject with wildcards", good(), vec![of("https://github.com/acme/*")], Refused("sub")),
        ("a subject that is all wildcard", good(), vec![of("*")], Refused("sub")),
        ("GitHub", github(), vec![of("repo:acme/app:ref:refs/heads/main")], Accepted),
        ("another branch", github(), vec![of("repo:acme/app:ref:refs/heads/dev")], Refused("sub")),
        ("a branch without its prefix", github(), vec![of("repo:acme/app:ref:main")], Refused("sub")),
        ("an environment", github(), vec![of("repo:acme/app:environment:dev")], Refused("sub")),
        ("a repository alone", github(), vec![of("repo:acme/app")], Refused("sub")),
        (
            "ids where names are wanted",
            github().subject("repo:65/74:ref:refs/heads/main"),
            vec![of("repo:acme/app:ref:refs/heads/main")],
            Refused("sub"),
        ),
        ("Ona 2", ona(), vec![of(ONA)], Accepted),
        ("another environment of Ona", ona(), vec![of(&ONA.replace("cccc", "dddd"))], Refused("sub")),
        ("Ona 3 where 2 was", good().shape(Shape::OnaV3), vec![of(ONA)], Refused("sub")),
        ("Kubernetes", good().shape(Shape::Kubernetes), vec![of("system:serviceaccount:dev:app")], Accepted),
        (
            "another namespace",
            good().shape(Shape::Kubernetes),
            vec![of("system:serviceaccount:prod:app")],
            Refused("sub"),
        ),
    ]
}

fn of_issuers_and_audiences() -> Vec<Trial> {
    let several = || good().and_audience("acme");
    vec![
        ("another issuer in the token", good().issuer("https://else.example"), usual(), Refused("iss")),
        ("another issuer in the rule", good(), vec![by("https://else.example")], Refused("iss")),
        ("an issuer with a slash", good(), vec![by("<issuer>/")], Refused("iss")),
        ("an issuer in other case", good(), vec![by("<ISSUER>")], Refused("iss")),
        ("an issuer without its path", good(), vec![by("<host>")], Refused("iss")),
        ("the issuer written out", good(), vec![by("<issuer>")], Accepted),
        ("another audience in the token", Mint::audience("acme"), usual(), Refused("aud")),
        ("another audience in the rule", good(), vec![to("acme")], Refused("aud")),
        ("an audience in other case", good(), vec![to("api://azureadtokenexchange")], Refused("aud")),
        ("an audience with a slash", good(), vec![to("api://AzureADTokenExchange/")], Refused("aud")),
        ("an audience without its scheme", Mint::audience("AzureADTokenExchange"), usual(), Refused("aud")),
        ("one's own audience", Mint::audience("acme"), vec![to("acme")], Accepted),
        ("one audience too many", several(), usual(), Refused("aud")),
        (
            "the audience of another cloud",
            good(),
            vec![to("api://AzureADTokenExchangeUSGov")],
            Refused("aud"),
        ),
    ]
}

fn of_several() -> Vec<Trial> {
    let many = |count: usize| (0..count).map(|number| of(&format!("subject-{number}"))).collect::<Vec<_>>();
    let with = |mut list: Vec<FederatedCredential>, last: FederatedCredential| {
        list.push(last);
        list
    };
    vec![
        ("the second of two", good(), vec![of("x"), of(SUBJECT)], Accepted),
        ("neither of two", good(), vec![of("x"), of("y")], Refused("sub")),
        ("half of each", good(), vec![by("https://else.example"), of("x")], Refused("iss")),
        ("the twentieth", good(), with(many(19), of(SUBJECT)), Accepted),
        ("the twenty-first", good(), with(many(20), of(SUBJECT)), Refused("sub")),
        ("none at all", good(), Vec::new(), RefusedByRule),
        ("a token of a day", good().lifetime(std::time::Duration::from_hours(24)), usual(), Accepted),
        (
            "a token that lives too long",
            good().lifetime(std::time::Duration::from_hours(26)),
            usual(),
            Refused("exp"),
        ),
    ]
}

/// In turn as `az ad app federated-credential list` and Microsoft Graph print them; one by itself, too, and as Resource
/// Manager has it.
fn printed(credentials: &[FederatedCredential], issuer: &str, turn: usize) -> Value {
    let one = |(index, credential): (usize, &FederatedCredential)| {
        json!({
            "name": format!("credential-{index}"),
            "issuer": credential.issuer.as_deref().unwrap_or(issuer),
            "subject": credential.subject,
            "audiences": [credential.audience],
            "description": null,
        })
    };
    let list: Vec<Value> = credentials.iter().enumerate().map(one).collect();
    match (turn % 4, list.as_slice()) {
        (0, [one]) => one.clone(),
        (1, [one]) => json!([{"id": "x", "properties": one}]),
        (2, _) => json!({"@odata.context": "x", "value": list}),
        _ => json!(list),
    }
}

#[test]
fn explain_says_of_federated_credentials_what_entra_does() {
    let mut trials = trials();
    let sandbox = Sandbox::start(Options::default()).unwrap();
    let issuer = sandbox.issuer();
    let host = issuer.strip_suffix("/idp").unwrap();
    for credential in trials.iter_mut().flat_map(|trial| &mut trial.2) {
        if let Some(text) = &mut credential.issuer {
            *text = text
                .replace("<issuer>", &issuer)
                .replace("<ISSUER>", &issuer.to_uppercase())
                .replace("<host>", host);
        }
    }
    let client = |index: usize| format!("00000000-0000-4000-8000-{index:012}");
    let application = |(index, trial): (usize, &Trial)| Application {
        federated_credentials: trial.2.clone(),
        ..Application::new(client(index))
    };
    let applications = trials.iter().enumerate().map(application).collect();
    let tenant = AzureOptions::default().tenant_id;
    sandbox.adjust(|options| options.azure.applications = applications);
    let case = |(index, (name, mint, credentials, expected)): (usize, Trial)| Case {
        login: format!("tenant_id = \"{tenant}\"\nclient_id = \"{}\"\n", client(index)),
        ..Case::new(name, mint, vec![printed(&credentials, &issuer, index)], expected)
    };
    let cases: Vec<_> = trials.into_iter().enumerate().map(case).collect();
    let login = format!("proxy = \"{}\"\nca_bundle = \"~/authority.pem\"\n", sandbox.proxy_url());
    Verdicts::of("azure", &cases, &sandbox, &login).check(&cases);
}
