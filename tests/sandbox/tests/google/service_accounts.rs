//! Who may act as a service account, through whom, and for how long.

use serde_json::{Value, json};

use crate::http;
use crate::rig::{CLOUD, PROJECTS, Rig};

#[test]
fn only_who_is_bound_may_act_as_a_service_account() {
    let rig = Rig::new();
    let token = rig.federated(CLOUD);
    for name in ["dev", "app"] {
        let answer = rig.impersonate(name, &token, &json!({"scope": [CLOUD]})).expect_success();
        let account = answer["accessToken"].as_str().unwrap();
        assert!(answer["expireTime"].as_str().unwrap().ends_with('Z'), "{answer}");
        rig.get(PROJECTS, account).expect_success();
    }
    let denied = rig.impersonate("stranger", &token, &json!({"scope": [CLOUD]}));
    denied.expect_refusal(
        403,
        "PERMISSION_DENIED",
        "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
    );
    assert_eq!(
        denied.body["error"]["details"][0],
        json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "IAM_PERMISSION_DENIED",
            "domain": "iam.googleapis.com",
            "metadata": {"permission": "iam.serviceAccounts.getAccessToken"},
        })
    );
    rig.impersonate("nobody", &token, &json!({"scope": [CLOUD]})).expect_refusal(
        404,
        "NOT_FOUND",
        "Not found; Gaia id not found for email nobody@acme-dev.iam.gserviceaccount.com",
    );
    let other = rig.sandbox.mint(&rig.good().claim("repository", "https://github.com/evil/app.git"));
    let other = rig.exchange("gitpod", &other).token("access_token");
    rig.impersonate("app", &other, &json!({"scope": [CLOUD]})).expect_refusal(
        403,
        "PERMISSION_DENIED",
        "denied",
    );
}

#[test]
fn delegates_must_be_able_to_act_as_the_next_one() {
    let rig = Rig::new();
    let token = rig.federated(CLOUD);
    let through = |delegates: Value, name: &str| {
        rig.impersonate(name, &token, &json!({"scope": [CLOUD], "delegates": delegates}))
    };
    let name = |account: &str| format!("projects/-/serviceAccounts/{}", rig.sandbox.service_account(account));
    through(json!([name("dev")]), "deploy").expect_success();
    through(json!(null), "dev").expect_success();
    through(json!([]), "deploy").expect_refusal(403, "PERMISSION_DENIED", "getAccessToken");
    through(json!([name("dev")]), "stranger").expect_refusal(403, "PERMISSION_DENIED", "getAccessToken");
    // To be let in as an account is not to be let through it.
    through(json!([name("long")]), "deploy").expect_refusal(403, "PERMISSION_DENIED", "implicitDelegation");
    let bare = json!([rig.sandbox.service_account("dev")]);
    through(bare, "deploy").expect_refusal(400, "INVALID_ARGUMENT", "invalid argument");
}

#[test]
fn lifetimes_have_limits_that_an_organization_may_raise() {
    let rig = Rig::new();
    let token = rig.federated(CLOUD);
    let ask = |name: &str, lifetime: &str| {
        rig.impersonate(name, &token, &json!({"scope": [CLOUD], "lifetime": lifetime}))
    };
    for (name, lifetime) in [("dev", "3600s"), ("dev", "1s"), ("long", "43200s")] {
        ask(name, lifetime).expect_success();
    }
    for (name, lifetime) in [("dev", "3601s"), ("dev", "43200s"), ("long", "43201s")] {
        ask(name, lifetime).expect_refusal(
            400,
            "INVALID_ARGUMENT",
            "constraints/iam.allowServiceAccountCredentialLifetimeExtension",
        );
    }
    ask("dev", "0s").expect_refusal(400, "INVALID_ARGUMENT", "larger then zero");
    ask("dev", "1h").expect_refusal(400, "INVALID_ARGUMENT", "invalid argument");
    rig.impersonate("dev", &token, &json!({})).expect_refusal(400, "INVALID_ARGUMENT", "Scope required.");
}

#[test]
fn id_tokens_of_service_accounts_are_signed_by_google() {
    let rig = Rig::new();
    let token = rig.federated(CLOUD);
    let body = json!({"audience": "https://app.example", "includeEmail": true});
    let answer = rig.http.post_json(&rig.url("dev", "generateIdToken"), &token, &body).expect_success();
    let claims = http::claims(answer["token"].as_str().unwrap());
    assert_eq!(claims["aud"], "https://app.example");
    assert_eq!(claims["email"], "dev@acme-dev.iam.gserviceaccount.com");
    let keys = rig.get("/oauth2/v3/certs", "").expect_success();
    assert_eq!(keys["keys"][0]["kty"], "RSA");
    rig.http.post_json(&rig.url("dev", "generateIdToken"), &token, &json!({})).expect_refusal(
        400,
        "INVALID_ARGUMENT",
        "invalid argument",
    );
    rig.http.post_json(&rig.url("stranger", "generateIdToken"), &token, &body).expect_refusal(
        403,
        "PERMISSION_DENIED",
        "iam.serviceAccounts.getOpenIdToken",
    );
}
