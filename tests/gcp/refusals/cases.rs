//! Each way to be refused.

use std::time::Duration;

use evercred_sandbox::{Fault, FaultKind, Group, Mint, Signer};

use super::{Case, REFUSED, UNAVAILABLE, act_as, fault, give};

pub(super) const CASES: &[Case] = &[
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
