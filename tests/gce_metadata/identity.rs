//! ID tokens that Google signs when somebody asks for them.

use std::time::Duration;

use evercred_test_support::{Outcome, clients};
use serde_json::Value;

use crate::rig::{DEV, EMAIL, Rig};

const HOUR: Duration = Duration::from_hours(1);
const AUDIENCE: &str = "https://app-123.run.app/";
const IDENTITY: &str = "/computeMetadata/v1/instance/service-accounts/default/identity";

#[test]
fn googles_own_library_gets_one_for_an_audience_and_finds_it_good() {
    let rig = Rig::start(HOUR, DEV, "");
    let mut python = clients::python(&rig.home, "google_identity.py");
    python.args(["--audience", AUDIENCE, "--certs", &format!("{}/oauth2/v3/certs", rig.sandbox.url())]);
    let claims: Value = serde_json::from_str(&Outcome::of(rig.led(&mut python)).success()).unwrap();
    assert_eq!((&claims["aud"], &claims["email"]), (&AUDIENCE.into(), &EMAIL.into()));
    assert_eq!(claims["iss"], "https://accounts.google.com");
}

#[test]
fn who_asks_again_gets_the_same_and_each_audience_costs_one_request() {
    let rig = Rig::start(HOUR, DEV, "");
    let path = format!("{IDENTITY}?audience={AUDIENCE}&format=full&licenses=FALSE");
    let first = rig.get(&path);
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(rig.get(&path).body, first.body);
    let threads: Vec<_> = std::thread::scope(|scope| {
        let asking = (0..8).map(|_| scope.spawn(|| rig.get(&format!("{IDENTITY}?audience=other")).body));
        asking.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(threads.windows(2).all(|pair| pair[0] == pair[1]) && threads[0] != first.body);
    assert_eq!(signed(&rig), 2);
}

#[test]
fn no_more_than_some_are_held_and_the_one_that_was_not_asked_for_for_longest_goes() {
    let rig = Rig::start(HOUR, DEV, "");
    let ask = |number: usize| rig.get(&format!("{IDENTITY}?audience=a{number}")).body;
    (0..=64).for_each(|number| drop(ask(number)));
    assert_eq!(signed(&rig), 65);
    assert_eq!(ask(64), ask(64));
    assert_eq!(signed(&rig), 65, "it is held");
    // Two tokens of the same second are the same, so it is the signatures that are counted.
    ask(0);
    assert_eq!(signed(&rig), 66, "it was not any more");
}

#[test]
fn what_cannot_be_signed_is_refused_with_a_sentence() {
    let rig = Rig::start(HOUR, DEV, "");
    for path in [IDENTITY.to_owned(), format!("{IDENTITY}?audience=")] {
        let answer = rig.get(&path);
        assert_eq!((answer.status, answer.body.trim_end()), (400, "non-empty audience parameter required"));
    }
    assert_eq!(signed(&rig), 0);
    let direct = Rig::start(HOUR, "", "");
    let answer = direct.get(&format!("{IDENTITY}?audience={AUDIENCE}"));
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("service_account"), "{answer:?}");
}

#[test]
fn a_refusal_is_told_and_not_asked_for_again_at_once() {
    let rig = Rig::start(HOUR, DEV, "");
    rig.sandbox.adjust(|options| {
        for account in &mut options.gcp.service_accounts {
            account.bindings.clear();
        }
    });
    for _ in 0..3 {
        let answer = rig.get(&format!("{IDENTITY}?audience={AUDIENCE}"));
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.body.contains("iam.serviceAccounts.getOpenIdToken"), "{answer:?}");
    }
    assert_eq!(signed(&rig), 1);
    let token = "/computeMetadata/v1/instance/service-accounts/default/token";
    assert_eq!(rig.get(token).status, 200, "the login itself is none the worse");
}

/// How often the IAM Credentials service was asked to sign one.
fn signed(rig: &Rig) -> usize {
    let all = rig.sandbox.requests().into_iter();
    all.filter(|one| one.facts.action.as_deref() == Some("GenerateIdToken")).count()
}
