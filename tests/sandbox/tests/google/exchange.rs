//! The token exchange: which ID tokens are taken, and in which words the others are refused.

use std::time::Duration;

use evercred_sandbox::{Fault, FaultKind, Group, IdentityProvider, Mint, OldKeys, Signer};

use crate::rig::{BUCKETS, PROJECTS, Rig};

#[test]
fn an_id_token_is_exchanged_for_a_token_that_dies_with_it() {
    let rig = Rig::new();
    let short = rig.sandbox.mint(&rig.good().lifetime(Duration::from_secs(90)));
    let answer = rig.exchange("gitpod", &short).expect_success();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    assert!((80..=90).contains(&answer["expires_in"].as_u64().unwrap()), "{answer}");
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(rig.get(PROJECTS, token).expect_success()["projects"][0]["projectId"], "acme-dev");
    assert_eq!(rig.get(BUCKETS, token).expect_success()["items"][0]["name"], "acme-builds");
    rig.sandbox.advance(Duration::from_secs(91));
    rig.get(PROJECTS, token).expect_refusal(401, "UNAUTHENTICATED", "invalid authentication credentials");
    rig.get(BUCKETS, token).expect_refusal(401, "401", "Invalid Credentials");
}

#[test]
fn no_federated_token_lives_longer_than_an_hour() {
    let rig = Rig::new();
    let long = rig.sandbox.mint(&rig.good().lifetime(Duration::from_hours(25)));
    assert_eq!(rig.exchange("gitpod", &long).expect_success()["expires_in"], 3600);
}

#[test]
fn both_forms_of_the_providers_name_are_audiences_and_nothing_else_is() {
    let rig = Rig::new();
    let name = rig.sandbox.gcp_provider("gitpod");
    for audience in [format!("//iam.googleapis.com/{name}"), format!("https://iam.googleapis.com/{name}")] {
        rig.exchange("gitpod", &rig.sandbox.mint(&Mint::audience(audience))).expect_success();
    }
    for audience in ["acme", name.as_str(), "https://iam.googleapis.com/"] {
        rig.exchange("gitpod", &rig.sandbox.mint(&Mint::audience(audience))).expect_refusal(
            400,
            "invalid_grant",
            &format!("The audience in ID Token [{audience}] does not match the expected audience."),
        );
    }
    rig.exchange("acme", &rig.sandbox.mint(&Mint::audience("acme"))).expect_success();
    rig.exchange("acme", &rig.token()).expect_refusal(400, "invalid_grant", "The audience in ID Token [");
}

#[test]
fn a_token_that_is_no_good_is_refused() {
    let rig = Rig::new();
    let connect = "Error connecting to the given credential's issuer.";
    let cases = [
        (rig.good().signed_by(Signer::Impostor), "Unable to verify the ID Token signature."),
        (rig.good().signed_by(Signer::Unpublished), connect),
        (rig.good().expired(), "is stale to sign-in."),
        (rig.good().from_the_future(), "is stale to sign-in."),
        (
            rig.good().issuer("https://evil.example"),
            "The issuer in ID Token https://evil.example does not match the expected one in config",
        ),
        (rig.good().without("iss"), "The issuer in ID Token null does not match"),
        (rig.good().without("aud"), "The audience in ID Token [] does not match the expected audience."),
        (rig.good().without("exp"), "is stale to sign-in."),
    ];
    for (mint, words) in cases {
        rig.exchange("gitpod", &rig.sandbox.mint(&mint)).expect_refusal(400, "invalid_grant", words);
    }
    rig.exchange("gitpod", "eyJub3QiOiJhIn0.token").expect_refusal(400, "invalid_grant", "parse");
    rig.exchange("elsewhere", &rig.sandbox.mint(&rig.own("elsewhere"))).expect_refusal(
        400,
        "invalid_grant",
        "in config: https://issuer.example.",
    );
    rig.sandbox.fault(Group::Idp, Fault::new(FaultKind::Reset));
    rig.exchange("gitpod", &rig.token()).expect_refusal(400, "invalid_grant", connect);
}

#[test]
fn a_token_signed_with_a_key_that_was_withdrawn_is_refused() {
    let rig = Rig::new();
    let token = rig.token();
    rig.sandbox.rotate_keys(OldKeys::Drop).unwrap();
    rig.exchange("gitpod", &token).expect_refusal(400, "invalid_grant", "connecting to the given");
}

#[test]
fn only_a_providers_full_name_with_the_projects_number_is_taken() {
    let rig = Rig::new();
    let name = format!("//iam.googleapis.com/{}", rig.sandbox.gcp_provider("gitpod"));
    let pool = name.strip_suffix("/providers/gitpod").unwrap();
    let wrong = [
        name.replace("123456789012", "acme-dev"),
        pool.to_owned(),
        name.trim_start_matches('/').to_owned(),
        format!("https:{name}"),
        String::new(),
    ];
    for audience in wrong {
        rig.exchange_form(&[("audience", &audience)]).expect_refusal(
            400,
            "invalid_request",
            "Invalid value for \"audience\". This value should be the full resource name",
        );
    }
    for audience in [
        name.replace("123456789012", "210987654321"),
        name.replace("workspaces", "nobody"),
        name.replace("gitpod", "nobody"),
        name.replace("gitpod", "closed"),
    ] {
        rig.exchange_form(&[("audience", &audience)]).expect_refusal(
            400,
            "invalid_target",
            "The target service indicated by the \"audience\" parameters is invalid.",
        );
    }
}

#[test]
fn a_form_that_asks_for_something_else_is_refused() {
    let rig = Rig::new();
    let refuse = |field: (&str, &str), code: &str, words: &str| {
        rig.exchange_form(&[field]).expect_refusal(400, code, words);
    };
    refuse(("grant_type", "client_credentials"), "unsupported_grant_type", "client_credentials");
    refuse(
        ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
        "invalid_request",
        "subject_token_type",
    );
    refuse(("requested_token_type", ""), "invalid_request", "requested_token_type");
    refuse(("scope", " "), "invalid_scope", "scope");
}

#[test]
fn people_of_an_organization_must_name_a_project() {
    let rig = Rig::new();
    let token = rig.sandbox.mint(&Mint::audience("acme-people-client"));
    let audience = format!("//iam.googleapis.com/{}", rig.sandbox.gcp_provider("people"));
    assert!(audience.contains("/locations/global/workforcePools/"), "{audience}");
    let form = [("audience", audience.as_str()), ("subject_token", &token), ("options", "{}")];
    rig.exchange_form(&form).expect_refusal(400, "invalid_request", "userProject");
    let form = [form[0], form[1], ("options", r#"{"userProject": "123456789012"}"#)];
    let granted = rig.exchange_form(&form).token("access_token");
    rig.get(PROJECTS, &granted).expect_success();
    let principal = rig.sandbox.requests().pop().unwrap().facts.principal.unwrap();
    assert!(principal.contains("/locations/global/workforcePools/acme-people/subject/"), "{principal}");
}

#[test]
fn the_attribute_condition_decides_on_the_claims_and_on_what_they_map_to() {
    let rig = Rig::new();
    let rejected = "The given credential is rejected by the attribute condition.";
    rig.exchange("others", &rig.sandbox.mint(&rig.own("others"))).expect_refusal(
        400,
        "unauthorized_client",
        rejected,
    );
    let other = rig.own("others").claim("repository", "https://github.com/acme/other.git");
    rig.exchange("others", &rig.sandbox.mint(&other)).expect_success();
    let conditions = [
        ("google.subject.startsWith('https://github.com/acme/')", true),
        ("attribute.repository.endsWith('.git') && assertion.email_verified", true),
        ("attribute.repository in ['a', 'b']", false),
        ("assertion.no_such_claim == 'x'", false),
        ("'not a verdict'", false),
        ("assertion.sub ==", false),
    ];
    for (condition, holds) in conditions {
        rig.provide(IdentityProvider::new("workspaces", "tried").condition(condition));
        let answer = rig.exchange("tried", &rig.sandbox.mint(&rig.own("tried")));
        assert_eq!(answer.status == 200, holds, "{condition}: {answer:?}");
        assert!(holds || answer.body["error_description"] == rejected, "{condition}: {answer:?}");
    }
}

#[test]
fn a_subject_has_at_most_127_bytes_and_must_be_a_text() {
    let rig = Rig::new();
    let of = |subject: &str| rig.sandbox.mint(&rig.good().subject(subject));
    rig.exchange("gitpod", &of(&"s".repeat(127))).expect_success();
    for subject in ["s".repeat(128), "ß".repeat(64)] {
        rig.exchange("gitpod", &of(&subject)).expect_refusal(
            400,
            "invalid_request",
            "The size of mapped attribute google.subject exceeds the 127 bytes limit.",
        );
    }
    for nobody in [rig.good().without("sub"), rig.good().claim("sub", 7), rig.good().subject("")] {
        rig.exchange("gitpod", &rig.sandbox.mint(&nobody)).expect_refusal(
            400,
            "unauthorized_client",
            "Could not obtain a value for google.subject from the given credential.",
        );
    }
}
