//! gcloud, unmodified and at Google's own addresses, without any configuration: it believes to be on a machine of
//! Google's.

use std::collections::BTreeSet;

use evercred_sandbox::{Group, Request};
use evercred_test_support::{Outcome, clients, until};
use serde_json::Value;

use crate::rig::{DEV, EMAIL, LIMIT, Rig, SHORT, id};

#[test]
fn it_works_before_and_after_three_rotations() {
    let rig = Rig::start(SHORT, DEV, "");
    assert!(gcloud(&rig, &["auth", "list", "--format=value(account)"]).contains(EMAIL));
    let mut tokens = BTreeSet::new();
    while tokens.len() < 4 {
        let printed = gcloud(&rig, &["auth", "print-access-token"]);
        assert!(tokens.insert(id(printed.trim_end())), "a token was not replaced");
        assert!(gcloud(&rig, &["projects", "list"]).contains("acme-dev"));
        until("the next token", LIMIT, || {
            let token: Value = serde_json::from_str(
                &rig.get("/computeMetadata/v1/instance/service-accounts/default/token").body,
            )
            .ok()?;
            (!tokens.contains(&id(token["access_token"].as_str()?))).then_some(())
        });
    }
    let listed = rig.sandbox.requests_to(Group::GoogleApi);
    let refused: Vec<&Request> = listed.iter().filter(|one| !one.succeeded()).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    let principals: BTreeSet<_> = listed.iter().filter_map(|one| one.facts.principal.as_deref()).collect();
    assert_eq!(principals.into_iter().collect::<Vec<_>>(), [format!("serviceAccount:{EMAIL}")]);
}

/// What gcloud prints, which must succeed.
#[track_caller]
fn gcloud(rig: &Rig, words: &[&str]) -> String {
    let mut gcloud = clients::gcloud(&rig.home);
    let authority = rig.home.write("authority.pem", rig.sandbox.authority());
    gcloud.env("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", authority).env("HTTPS_PROXY", rig.sandbox.proxy_url());
    Outcome::of(rig.led(&mut gcloud).args(words)).success()
}
