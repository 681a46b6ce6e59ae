//! What must not work does not, and is told with its class, Google's own words and a remedy.

use std::time::Duration;

use evercred_sandbox::{Fault, FaultKind, Group, Mint, Signer};

use crate::place::{ID_TOKEN, Place, SETTINGS};

const REFUSED: i32 = 4;
const UNAVAILABLE: i32 = 5;

/// What is expected of `evercred once` after `set_up`.
struct Case {
    name: &'static str,
    set_up: fn(&Place),
    exit: i32,
    class: &'static str,
    /// Google's code; nothing if Google was not asked or did not say.
    code: Option<&'static str>,
    /// What the error or one of its causes says.
    says: &'static str,
    /// What the remedy says.
    hint: &'static str,
}

fn give(place: &Place, change: impl FnOnce(Mint) -> Mint) {
    place.give(&change(place.good("gitpod")));
}

fn act_as(place: &Place, name: &str, more: &str) {
    place.login("gitpod", &format!("{}{more}", Place::account(name)));
}

fn fault(place: &Place, group: Group, kind: FaultKind) {
    act_as(place, "dev", "");
    place.sandbox.fault(group, Fault::new(kind));
}

const CASES: &[Case] = &[
    Case {
        name: "a key that is not the issuer's",
        set_up: |place| give(place, |mint| mint.signed_by(Signer::Impostor)),
        exit: REFUSED,
        class: "new_token",
        code: Some("invalid_grant"),
        says: "Unable to verify the ID Token signature",
        hint: "serves the keys it signs with",
    },
    Case {
        name: "a key that nobody published",
        set_up: |place| give(place, |mint| mint.signed_by(Signer::Unpublished)),
        exit: UNAVAILABLE,
        class: "retry",
        code: Some("invalid_grant"),
        says: "Error connecting to the given credential's issuer",
        hint: "/.well-known/openid-configuration",
    },
    Case {
        name: "another issuer",
        set_up: |place| give(place, |mint| mint.issuer("https://issuer.example")),
        exit: REFUSED,
        class: "needs_attention",
        code: Some("invalid_grant"),
        says: "The issuer in ID Token https://issuer.example does not match",
        hint: "oidc.issuerUri",
    },
    Case {
        name: "a token for another audience does not leave the machine",
        set_up: |place| drop(place.give(&Mint::audience("somebody-else"))),
        exit: REFUSED,
        class: "needs_attention",
        code: None,
        says: "somebody-else",
        hint: "`audience`",
    },
    Case {
        name: "an audience that the provider does not allow",
        set_up: |place| {
            place.give(&place.good("acme"));
            place.login("acme", "");
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("invalid_grant"),
        says: "does not match the expected audience",
        hint: "oidc.allowedAudiences",
    },
    Case {
        name: "an expired token does not leave the machine",
        set_up: |place| give(place, Mint::expired),
        exit: REFUSED,
        class: "needs_attention",
        code: None,
        says: "`exp`",
        hint: "",
    },
    Case {
        name: "a token that has expired by Google's clock",
        set_up: |place| place.sandbox.advance(Duration::from_hours(2)),
        exit: REFUSED,
        class: "new_token",
        code: Some("invalid_grant"),
        says: "is stale to sign-in",
        hint: "clock",
    },
    Case {
        name: "an attribute condition that does not hold",
        set_up: |place| {
            place.give(&place.good("others"));
            place.login("others", "");
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("unauthorized_client"),
        says: "The given credential is rejected by the attribute condition",
        hint: "attributeCondition",
    },
    Case {
        name: "a subject that is too long",
        set_up: |place| give(place, |mint| mint.subject("s".repeat(128))),
        exit: REFUSED,
        class: "needs_attention",
        code: Some("invalid_request"),
        says: "exceeds the 127 bytes limit",
        hint: "map a shorter claim",
    },
    Case {
        name: "no subject at all",
        set_up: |place| give(place, |mint| mint.without("sub")),
        exit: REFUSED,
        class: "needs_attention",
        code: Some("unauthorized_client"),
        says: "Could not obtain a value for google.subject",
        hint: "the claim that the provider maps to `google.subject`",
    },
    Case {
        name: "a provider that is not there",
        set_up: |place| {
            place.give(&place.good("nobody"));
            place.login("nobody", "");
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("invalid_target"),
        says: "disabled or deleted or because it doesn't exist",
        hint: "whether it is there and ACTIVE",
    },
    Case {
        name: "a provider that is disabled",
        set_up: |place| {
            place.give(&place.good("closed"));
            place.login("closed", "");
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("invalid_target"),
        says: "disabled or deleted",
        hint: "ACTIVE",
    },
    Case {
        name: "a service account that is not bound to the identity",
        set_up: |place| act_as(place, "stranger", ""),
        exit: REFUSED,
        class: "needs_attention",
        code: Some("IAM_PERMISSION_DENIED"),
        says: "Permission 'iam.serviceAccounts.getAccessToken' denied",
        hint: "subject/https://github.com/acme/app",
    },
    Case {
        name: "a service account that is not there",
        set_up: |place| act_as(place, "nobody", ""),
        exit: REFUSED,
        class: "needs_attention",
        code: Some("NOT_FOUND"),
        says: "Gaia id not found for email nobody@",
        hint: "spelling of nobody@",
    },
    Case {
        name: "a delegate that may not pass anybody on",
        set_up: |place| {
            let through =
                "delegates = [\"long@acme-dev.iam.gserviceaccount.com\"]\noutputs = [\"token-file\"]";
            act_as(place, "deploy", through);
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("IAM_PERMISSION_DENIED"),
        says: "iam.serviceAccounts.implicitDelegation",
        hint: "roles/iam.serviceAccountTokenCreator",
    },
    Case {
        name: "an issuer that Google cannot reach",
        set_up: |place| place.sandbox.fault(Group::Idp, Fault::new(FaultKind::Reset)),
        exit: UNAVAILABLE,
        class: "retry",
        code: Some("invalid_grant"),
        says: "Error connecting",
        hint: "can be fetched from the internet",
    },
    Case {
        name: "throttling of the exchange",
        set_up: |place| fault(place, Group::GoogleSts, FaultKind::Throttling),
        exit: UNAVAILABLE,
        class: "retry",
        code: Some("RESOURCE_EXHAUSTED"),
        says: "exhausted",
        hint: "evercred waits and tries again",
    },
    Case {
        name: "throttling of the impersonation",
        set_up: |place| fault(place, Group::GoogleIam, FaultKind::Throttling),
        exit: UNAVAILABLE,
        class: "retry",
        code: Some("RESOURCE_EXHAUSTED"),
        says: "exhausted",
        hint: "quota",
    },
    Case {
        name: "a connection that is reset",
        set_up: |place| fault(place, Group::GoogleSts, FaultKind::Reset),
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "broke before a whole answer",
        hint: "",
    },
    Case {
        name: "half an answer",
        set_up: |place| fault(place, Group::GoogleIam, FaultKind::HalfBody),
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "broke before a whole answer",
        hint: "",
    },
    Case {
        name: "an answer that is garbage",
        set_up: |place| fault(place, Group::GoogleIam, FaultKind::Garbage),
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "",
        hint: "iam_credentials_endpoint",
    },
    Case {
        name: "a page of somebody else's",
        set_up: |place| {
            let page = "<html>maintenance</html>".to_owned();
            fault(place, Group::GoogleSts, FaultKind::Status { status: 503, body: page });
        },
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "503",
        hint: "",
    },
    Case {
        name: "a server that repeats the request, ID token and all",
        set_up: |place| {
            let code = "invalid_request".to_owned();
            fault(place, Group::GoogleSts, FaultKind::Echo { status: 400, code });
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("invalid_request"),
        says: "",
        hint: "",
    },
    Case {
        name: "nobody there",
        set_up: |place| place.sandbox.stop(),
        exit: UNAVAILABLE,
        class: "unreachable",
        code: None,
        says: "no connection",
        hint: "",
    },
];

#[test]
fn each_is_refused_and_told_with_its_class_and_a_remedy() {
    let mut wrong = Vec::new();
    for case in CASES {
        let place = Place::new("");
        (case.set_up)(&place);
        let (exit, login) = place.once();
        let error = &login["error"];
        let hint = error["hint"].as_str().unwrap_or_default();
        let told = error["class"] == case.class
            && error["code"].as_str() == case.code
            && error.to_string().contains(case.says)
            && hint.contains(case.hint)
            && hint.ends_with('.');
        let kept_quiet = !case.name.contains("leave the machine") || place.sandbox.requests().is_empty();
        let published = place.home.read(SETTINGS).or(place.home.read(ID_TOKEN));
        if exit != Some(case.exit) || !told || !kept_quiet || published.is_some() {
            wrong.push(format!("{}: exit {exit:?}, {error:#}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_name_that_google_would_not_take_is_a_mistake_in_the_config() {
    let place = Place::new("");
    let name = place.sandbox.gcp_provider("gitpod");
    let pool = name.strip_suffix("/providers/gitpod").unwrap();
    let cases = [
        (name.replace("123456789012", "acme-dev"), "acme-dev", "projectNumber"),
        (pool.to_owned(), "no provider in it", "/providers/"),
        ("gitpod".to_owned(), "which pool", "project_number"),
    ];
    for (written, message, hint) in cases {
        place.login_named(&written, "");
        let outcome = place.home.run(["once"]);
        assert_eq!(outcome.code(), Some(3), "{outcome:?}");
        assert!(outcome.stderr.contains(message) && outcome.stderr.contains(hint), "{outcome:?}");
        assert!(outcome.stderr.contains("config.toml:6"), "its line: {outcome:?}");
    }
    assert!(place.sandbox.requests().is_empty(), "nobody was asked");
}

#[test]
fn a_lifetime_that_the_organization_does_not_allow_is_stepped_down_from() {
    let place = Place::new(&format!("{}lifetime = \"12h\"\n", Place::account("dev")));
    let (exit, login) = place.once();
    assert_eq!(exit, Some(0), "{login}");
    let notes = login["notes"].to_string();
    assert!(notes.contains("iam.allowServiceAccountCredentialLifetimeExtension"), "{login:#}");
    let asked: Vec<_> =
        place.sandbox.requests_to(Group::GoogleIam).into_iter().map(|r| r.facts.duration_seconds).collect();
    assert_eq!(asked, [Some(43_200), Some(3_600)]);
    let allowed = Place::new(&format!("{}lifetime = \"12h\"\n", Place::account("long")));
    assert_eq!(allowed.once().0, Some(0));
    assert_eq!(allowed.sandbox.requests_to(Group::GoogleIam).len(), 1);
}
