//! What is answered and what is refused.

use std::time::Duration;

use evercred_test_support::{Outcome, clients};

use crate::rig::Rig;

const HOUR: Duration = Duration::from_hours(1);
const STORAGE: &str = "https://storage.azure.com";
const OWN: &str = "resources = [\"https://management.azure.com/\", \"https://storage.azure.com/\"]";

#[test]
fn the_logins_own_resources_are_answered_from_memory_and_others_after_one_exchange() {
    let rig = Rig::start(HOUR, OWN, "");
    let before = rig.exchanges_for(&format!("{STORAGE}/.default"));
    for resource in ["https://storage.azure.com/", STORAGE, "https://storage.azure.com/.default"] {
        let (answer, token) = rig.token(&format!("resource={resource}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(token["resource"], resource);
        assert_eq!(token["client_id"], rig.azure.client_id());
        assert_eq!(token["token_type"], "Bearer");
        assert!(token["expires_on"].as_str().unwrap().parse::<u64>().is_ok(), "numbers are text: {token}");
    }
    assert_eq!(rig.exchanges_for(&format!("{STORAGE}/.default")), before, "nobody was asked");
    let tokens: Vec<_> = (0..3)
        .map(|_| rig.token("resource=https://vault.azure.net").1["access_token"].as_str().unwrap().to_owned())
        .collect();
    assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(rig.exchanges_for("https://vault.azure.net/.default"), 1);
}

#[test]
fn a_resource_that_entra_does_not_know_is_refused_in_its_words_and_not_asked_for_again_at_once() {
    let rig = Rig::start(HOUR, "", "");
    for _ in 0..3 {
        let (answer, refusal) = rig.token("resource=https://unknown.example");
        assert_eq!((answer.status, &refusal["statusCode"]), (400, &400.into()), "{answer:?}");
        assert!(refusal["message"].as_str().unwrap().contains("AADSTS500011"), "{refusal}");
    }
    assert_eq!(rig.exchanges_for("https://unknown.example/.default"), 1);
    let (answer, refusal) = rig.token("resource=two%20words");
    assert_eq!(answer.status, 400);
    assert!(refusal["message"].as_str().unwrap().contains("is not a resource"), "{refusal}");
}

#[test]
fn other_resources_are_refused_if_the_config_says_so() {
    let rig = Rig::start(HOUR, OWN, "other_resources = false");
    assert_eq!(rig.token(&format!("resource={STORAGE}")).0.status, 200);
    let (answer, refusal) = rig.token("resource=https://vault.azure.net");
    assert_eq!(answer.status, 400);
    assert!(
        refusal["message"].as_str().unwrap().contains("none of the `resources` of azure.default"),
        "{refusal}"
    );
    assert_eq!(rig.exchanges_for("https://vault.azure.net/.default"), 0);
}

#[test]
fn an_identity_that_is_not_the_logins_is_not_found() {
    let rig =
        Rig::start(HOUR, "", "imds = true\nresource_id = \"/subscriptions/x/userAssignedIdentities/dev\"");
    let resource = "resource=https://management.azure.com";
    let client = rig.azure.client_id();
    for good in [
        format!("client_id={client}"),
        format!("client_id={}", client.to_uppercase()),
        "object_id=b7e6a2d4-3f1c-4e8a-8c5b-9d0e1f2a3b4c".to_owned(),
        "mi_res_id=/subscriptions/x/userAssignedIdentities/dev".to_owned(),
    ] {
        assert_eq!(rig.token(&format!("{resource}&{good}")).0.status, 200, "{good}");
    }
    for bad in ["client_id=b7e6a2d4-3f1c-4e8a-8c5b-9d0e1f2a3b4c", "object_id=x", "mi_res_id=/subscriptions/y"]
    {
        let (answer, refusal) = rig.token(&format!("{resource}&{bad}"));
        assert_eq!(answer.status, 400, "{bad}");
        assert!(refusal["message"].as_str().unwrap().starts_with("No User Assigned"), "{refusal}");
        let machine = format!("/metadata/identity/oauth2/token?api-version=2018-02-01&{resource}&{bad}");
        let (answer, refusal) = rig.ask(&machine, "Metadata: true\r\n");
        assert_eq!((answer.status, &refusal["error_description"]), (400, &"Identity not found".into()));
    }
}

#[test]
fn who_does_not_present_the_secret_or_was_passed_on_gets_no_token() {
    let rig = Rig::start(HOUR, "", "");
    let path = "/msi/token?api-version=2019-08-01&resource=https://management.azure.com";
    let secret = format!("X-IDENTITY-HEADER: {}\r\n", rig.secret());
    for (path, headers, status) in [
        (path, String::new(), 401),
        (path, "X-IDENTITY-HEADER: \r\n".to_owned(), 401),
        (path, "X-IDENTITY-HEADER: guess\r\n".to_owned(), 401),
        (path, format!("Secret: {}\r\n", rig.secret()), 401),
        (path, format!("{secret}X-Forwarded-For: 10.0.0.1\r\n"), 403),
        (path, format!("{secret}Host: evil.example\r\n"), 403),
        (
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x",
            "Metadata: true\r\n".to_owned(),
            404,
        ),
        ("/msi/token?resource=https://management.azure.com", secret.clone(), 400),
        ("/msi/token?api-version=2019-08-01", secret.clone(), 400),
        ("/elsewhere", secret.clone(), 404),
    ] {
        let (answer, _) = rig.ask(path, &headers);
        assert_eq!(answer.status, status, "{path} {headers}");
        assert!(!answer.body.contains("access_token"), "{answer:?}");
    }
    let old = "/msi/token?api-version=2017-09-01&resource=https://management.azure.com";
    assert_eq!(rig.ask(old, &format!("Secret: {}\r\n", rig.secret())).0.status, 200);
    assert_eq!(rig.ask(old, &secret).0.status, 401, "each protocol has its own header");
}

#[test]
fn a_virtual_machines_protocol_is_spoken_only_if_the_config_says_so_and_wants_its_header() {
    let rig = Rig::start(HOUR, "", "imds = true");
    let path =
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/";
    let (answer, token) = rig.ask(path, "Metadata: true\r\n");
    assert_eq!(answer.status, 200);
    assert!(
        token["expires_in"].as_str().unwrap().parse::<u64>().is_ok_and(|left| (3500..=3600).contains(&left))
    );
    for headers in ["", "Metadata: yes\r\n"] {
        let (answer, refusal) = rig.ask(path, headers);
        assert_eq!((answer.status, &refusal["error"]), (400, &"invalid_request".into()), "{headers}");
    }
    assert_eq!(rig.ask(path, "Metadata: true\r\nX-Forwarded-For: 10.0.0.1\r\n").0.status, 403);
}

#[test]
fn programs_of_other_users_are_answered_if_they_present_the_secret_or_the_config_lets_everybody_in() {
    assert!(rustix::process::geteuid().is_root(), "only root can be another user");
    let status = |rig: &Rig, path: &str, header: (&str, &str)| {
        let at = ("127.0.0.1", rig.address.rsplit(':').next().unwrap());
        let mut ask = clients::ask_as(rig.home(), Some(65534), at, path, header);
        Outcome::of(&mut ask).success().trim_end().to_owned()
    };
    let machine =
        "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/";
    let rig = Rig::start(HOUR, "", "imds = true");
    assert_eq!(status(&rig, machine, ("Metadata", "true")), "403");
    let app_service = "/msi/token?api-version=2019-08-01&resource=https://management.azure.com/";
    assert_eq!(status(&rig, app_service, ("X-IDENTITY-HEADER", &rig.secret())), "200");
    let rig = Rig::start(HOUR, "", "imds = true\nallow_other_users = true");
    assert_eq!(status(&rig, machine, ("Metadata", "true")), "200");
}

#[test]
fn the_secret_outlives_the_daemon() {
    let rig = Rig::start(HOUR, "", "");
    let before = rig.secret();
    let Rig { daemon, azure, address } = rig;
    drop(daemon);
    let rig = Rig::at(azure, address);
    assert_eq!(rig.secret(), before);
    assert_eq!(rig.token("resource=https://management.azure.com").0.status, 200);
}
