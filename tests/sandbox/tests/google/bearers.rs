//! What a bearer token is good for, and for how long.

use std::time::Duration;

use evercred_sandbox::{Fault, FaultKind, Group};
use serde_json::json;

use crate::rig::{BUCKETS, CLOUD, PROJECTS, Rig};

#[test]
fn a_bearer_must_be_there_be_good_and_reach_far_enough() {
    let rig = Rig::new();
    let narrow = rig.federated("https://www.googleapis.com/auth/devstorage.read_only");
    rig.get(BUCKETS, &narrow).expect_success();
    rig.get(PROJECTS, &narrow).expect_refusal(403, "PERMISSION_DENIED", "insufficient authentication scopes");
    rig.impersonate("dev", &narrow, &json!({"scope": [CLOUD]})).expect_refusal(
        403,
        "PERMISSION_DENIED",
        "insufficient authentication scopes",
    );
    for token in ["", "ya29.d.made-up"] {
        rig.get(PROJECTS, token).expect_refusal(401, "UNAUTHENTICATED", "authentication credential");
        rig.get(BUCKETS, token).expect_refusal(
            401,
            "401",
            if token.is_empty() { "Anonymous" } else { "Invalid" },
        );
    }
    let good = rig.federated(CLOUD);
    rig.sandbox.revoke_sessions();
    rig.get(PROJECTS, &good).expect_refusal(401, "UNAUTHENTICATED", "invalid authentication credentials");
}

#[test]
fn a_project_is_found_by_its_id_and_by_its_number() {
    let rig = Rig::new();
    let token = rig.federated(CLOUD);
    for name in ["acme-dev", "123456789012"] {
        let project = rig.get(&format!("/v1/projects/{name}"), &token).expect_success();
        assert_eq!(project["projectId"], "acme-dev");
    }
    rig.get("/v1/projects/other", &token).expect_refusal(403, "PERMISSION_DENIED", "permission");
    rig.get("/v1/projects/acme-dev", "").expect_refusal(401, "UNAUTHENTICATED", "missing");
}

#[test]
fn introspection_says_whom_a_token_speaks_for_as_long_as_it_is_good() {
    let rig = Rig::new();
    let token = rig.federated(CLOUD);
    let ask = || rig.http.post_form(&format!("{}/v1/introspect", rig.sandbox.url()), &[("token", &token)]);
    let answer = ask().expect_success();
    assert_eq!(answer["active"], true);
    let name = rig.sandbox.gcp_provider("gitpod");
    let pool = name.strip_suffix("/providers/gitpod").unwrap();
    let expected = format!("principal://iam.googleapis.com/{pool}/subject/https://github.com/acme/app");
    assert_eq!(answer["username"], expected.as_str());
    rig.sandbox.advance(Duration::from_hours(2));
    assert_eq!(ask().expect_success(), json!({"active": false}));
}

#[test]
fn what_is_secret_is_known_and_never_logged() {
    let rig = Rig::new();
    let token = rig.federated(CLOUD);
    let account = rig.impersonate("dev", &token, &json!({"scope": [CLOUD]})).token("accessToken");
    rig.get(PROJECTS, &account).expect_success();
    let (secrets, log) = (rig.sandbox.secrets(), format!("{:?}", rig.sandbox.requests()));
    for secret in [&token, &account] {
        assert!(secrets.contains(secret) && !log.contains(secret.as_str()));
    }
    let listed = rig.sandbox.requests_to(Group::GoogleApi);
    assert_eq!(
        listed[0].facts.principal.as_deref(),
        Some("serviceAccount:dev@acme-dev.iam.gserviceaccount.com")
    );
}

#[test]
fn throttling_is_told_in_googles_words() {
    let rig = Rig::new();
    let token = rig.federated(CLOUD);
    for group in [Group::GoogleSts, Group::GoogleIam, Group::GoogleApi] {
        rig.sandbox.fault(group, Fault::new(FaultKind::Throttling));
    }
    rig.exchange("gitpod", &rig.token()).expect_refusal(429, "RESOURCE_EXHAUSTED", "exhausted");
    rig.impersonate("dev", &token, &json!({"scope": [CLOUD]})).expect_refusal(
        429,
        "RESOURCE_EXHAUSTED",
        "quota",
    );
    rig.get(PROJECTS, &token).expect_refusal(429, "RESOURCE_EXHAUSTED", "quota");
}
