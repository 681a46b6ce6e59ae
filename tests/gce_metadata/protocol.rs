//! What is answered and what is refused.

use std::time::Duration;

use evercred_test_support::until;
use serde_json::{Value, json};

use crate::http::Answer;
use crate::rig::{DEV, EMAIL, LIMIT, POOL, Rig};

const HOUR: Duration = Duration::from_hours(1);
const ACCOUNTS: &str = "/computeMetadata/v1/instance/service-accounts";

#[test]
fn a_service_account_is_told_as_compute_engine_tells_it() {
    let rig = Rig::start(HOUR, DEV, "");
    for account in ["default", EMAIL, &EMAIL.replace('@', "%40")] {
        let email = rig.get(&format!("{ACCOUNTS}/{account}/email"));
        assert_eq!((email.status, email.body.as_str()), (200, EMAIL));
        let token: Value =
            serde_json::from_str(&rig.get(&format!("{ACCOUNTS}/{account}/token")).body).unwrap();
        assert_eq!(token["token_type"], "Bearer");
        assert!((3500..=3600).contains(&token["expires_in"].as_u64().unwrap()), "{token}");
    }
    let everything = rig.get(&format!("{ACCOUNTS}/default/?recursive=true"));
    assert!(everything.head.contains("content-type: application/json"));
    let scopes = json!(["https://www.googleapis.com/auth/cloud-platform"]);
    let account = json!({"aliases": ["default"], "email": EMAIL, "scopes": scopes});
    assert_eq!(serde_json::from_str::<Value>(&everything.body).unwrap(), account);
    for (path, body) in [
        ("/", "computeMetadata/\n"),
        (ACCOUNTS, &format!("default/\n{EMAIL}/\n")),
        ("/computeMetadata/v1/project/project-id", "acme-dev"),
        ("/computeMetadata/v1/project/numeric-project-id", "123456789012"),
        ("/computeMetadata/v1/universe/universe-domain", "googleapis.com"),
        ("/computeMetadata/v1/universe/universe_domain", "googleapis.com"),
        ("/computeMetadata/v1/instance", "attributes/\nservice-accounts/\n"),
    ] {
        let answer = rig.get(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, body), "{path}");
        assert!(answer.head.contains("metadata-flavor: google"), "{answer:?}");
    }
}

#[test]
fn a_direct_login_has_its_pool_for_an_account_and_no_project_but_that_of_its_config() {
    let rig = Rig::start(HOUR, "", "project_number = 42");
    assert_eq!(rig.get(&format!("{ACCOUNTS}/default/email")).body, POOL);
    assert_eq!(rig.get("/computeMetadata/v1/project/project-id").status, 404);
    assert_eq!(rig.get("/computeMetadata/v1/project/numeric-project-id").body, "42");
}

#[test]
fn who_does_not_ask_as_a_program_on_this_machine_would_is_refused_without_a_token() {
    let rig = Rig::start(HOUR, DEV, "");
    let path = format!("{ACCOUNTS}/default/token");
    let flavor = "Metadata-Flavor: Google\r\n";
    for (headers, status) in [
        ("", 403),
        ("Metadata-Flavor: google\r\n", 403),
        ("Metadata-Flavor: Amazon\r\n", 403),
        (&format!("{flavor}X-Forwarded-For: 10.0.0.1\r\n"), 403),
        (&format!("{flavor}Host: evil.example\r\n"), 403),
    ] {
        let answer = rig.ask(&path, headers);
        assert_eq!(answer.status, status, "{headers}");
        assert!(!answer.body.contains("access_token"), "{answer:?}");
    }
    let post = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{flavor}Content-Length: 0\r\n\r\n"
    );
    assert_eq!(crate::http::ask(&rig.address, &post).status, 405);
    for path in [
        "/computeMetadata/v1/instance/service-accounts/somebody@else.iam.gserviceaccount.com/token",
        "/computeMetadata/v1/instance/zone",
        "/computeMetadata/v1beta1/instance",
        "/latest/meta-data/",
    ] {
        assert_eq!(rig.get(path).status, 404, "{path}");
    }
}

#[test]
fn when_the_login_has_ended_and_is_refused_programs_are_told_why() {
    let rig = Rig::start(Duration::from_secs(4), DEV, "");
    rig.sandbox.adjust(|options| {
        for account in &mut options.gcp.service_accounts {
            account.bindings.clear();
        }
    });
    let refused = until("the end of the last token", LIMIT, || {
        let answer = rig.get(&format!("{ACCOUNTS}/default/token"));
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("iam.serviceAccounts.getAccessToken"), "{refused:?}");
    assert_eq!(rig.get("/").status, 200, "there is a metadata server all the same");
}

#[test]
fn who_waits_for_a_change_gets_what_there_is_then() {
    let rig = Rig::start(HOUR, DEV, "");
    let path = format!("{ACCOUNTS}/default/email");
    let answer = rig.get(&path);
    let etag = etag(&answer).to_owned();
    let other = rig.get(&format!("{path}?wait_for_change=true&timeout_sec=20&last_etag=0"));
    assert_eq!((other.status, other.body.as_str()), (200, EMAIL), "it is another than what was known");
    let same = rig.get(&format!("{path}?wait_for_change=true&timeout_sec=1&last_etag={etag}"));
    assert_eq!((same.status, self::etag(&same)), (200, etag.as_str()));
}

fn etag(answer: &Answer) -> &str {
    answer.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap()
}
