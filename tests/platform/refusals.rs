//! What must not work does not, and is told with its class and a remedy: the sandbox's counterpart of
//! `tests/seaweedfs.rs`, with all that a real server cannot be made to do.

use std::time::Duration;

use evercred_sandbox::{Fault, FaultKind, Group, Mint, Signer};
use serde_json::Value;

use crate::place::{DOCUMENT, Place};

const FILE: &str = "type = \"file\"\npath = \"~/token\"";
const REFUSED: i32 = 4;
const UNAVAILABLE: i32 = 5;

/// What is expected of `evercred once` after `set_up`.
struct Case {
    name: &'static str,
    set_up: fn(&Place),
    exit: i32,
    class: &'static str,
    /// AWS's code; nothing if AWS was not asked or did not say.
    code: Option<&'static str>,
    /// What the error or its remedy says.
    says: &'static str,
}

fn give(place: &Place, mint: &Mint) {
    place.home.write("token", place.sandbox.mint(mint));
    place.login(FILE, "dev", "");
}

fn give_and_fault(place: &Place, group: Group, fault: Fault) {
    give(place, &Mint::default());
    place.sandbox.fault(group, fault);
}

const CASES: &[Case] = &[
    Case {
        name: "a token for another audience does not leave the machine",
        set_up: |place| give(place, &Mint::audience("somebody-else")),
        exit: REFUSED,
        class: "needs_attention",
        code: None,
        says: "`aud`",
    },
    Case {
        name: "an audience that the identity provider does not list",
        set_up: |place| {
            give(place, &Mint::audience("somebody-else"));
            place.login(FILE, "dev", "audience = \"somebody-else\"\n");
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("InvalidIdentityToken"),
        says: "Add the audience somebody-else",
    },
    Case {
        name: "an expired token does not leave the machine",
        set_up: |place| give(place, &Mint::default().expired()),
        exit: REFUSED,
        class: "needs_attention",
        code: None,
        says: "`exp`",
    },
    Case {
        name: "a token that has expired by AWS's clock",
        set_up: |place| {
            give(place, &Mint::default());
            place.sandbox.advance(Duration::from_hours(2));
        },
        exit: REFUSED,
        class: "new_token",
        code: Some("ExpiredTokenException"),
        says: "clock",
    },
    Case {
        name: "a token from the future does not leave the machine",
        set_up: |place| give(place, &Mint::default().from_the_future()),
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "`iat`",
    },
    Case {
        name: "a key that is not the issuer's",
        set_up: |place| give(place, &Mint::default().signed_by(Signer::Impostor)),
        exit: REFUSED,
        class: "new_token",
        code: Some("InvalidIdentityToken"),
        says: "signature",
    },
    Case {
        name: "a key that nobody published",
        set_up: |place| give(place, &Mint::default().signed_by(Signer::Unpublished)),
        exit: UNAVAILABLE,
        class: "retry",
        code: Some("InvalidIdentityToken"),
        says: "/.well-known/openid-configuration",
    },
    Case {
        name: "an issuer that the account does not know",
        set_up: |place| give(place, &Mint::default().issuer("https://issuer.example")),
        exit: REFUSED,
        class: "needs_attention",
        code: Some("InvalidIdentityToken"),
        says: "Create an OIDC identity provider for https://issuer.example",
    },
    Case {
        name: "a subject that the role does not trust",
        set_up: |place| {
            give(place, &Mint::default());
            place.login(FILE, "stranger", "");
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("AccessDenied"),
        says: "`sub` https://github.com/acme/app",
    },
    Case {
        name: "a role that does not exist",
        set_up: |place| {
            give(place, &Mint::default());
            place.login(FILE, "nobody", "");
        },
        exit: REFUSED,
        class: "needs_attention",
        code: Some("AccessDenied"),
        says: "correct `role_arn`",
    },
    Case {
        name: "throttling",
        set_up: |place| give_and_fault(place, Group::Sts, Fault::new(FaultKind::Throttling)),
        exit: UNAVAILABLE,
        class: "retry",
        code: Some("Throttling"),
        says: "evercred waits and tries again",
    },
    Case {
        name: "an issuer that AWS cannot reach",
        set_up: |place| give_and_fault(place, Group::Idp, Fault::new(FaultKind::Reset)),
        exit: UNAVAILABLE,
        class: "retry",
        code: Some("IDPCommunicationError"),
        says: "can be reached from the internet",
    },
    Case {
        name: "a connection that is reset",
        set_up: |place| give_and_fault(place, Group::Sts, Fault::new(FaultKind::Reset)),
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "broke before a whole answer",
    },
    Case {
        name: "an answer that is garbage",
        set_up: |place| give_and_fault(place, Group::Sts, Fault::new(FaultKind::Garbage)),
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "is not one of AWS STS",
    },
    Case {
        name: "half an answer",
        set_up: |place| give_and_fault(place, Group::Sts, Fault::new(FaultKind::HalfBody)),
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "broke before a whole answer",
    },
    Case {
        name: "a page of somebody else's",
        set_up: |place| give_and_fault(place, Group::Sts, Fault::status(503, "<html>maintenance</html>")),
        exit: UNAVAILABLE,
        class: "retry",
        code: None,
        says: "503",
    },
    Case {
        name: "nobody there",
        set_up: |place| {
            give(place, &Mint::default());
            place.sandbox.stop();
        },
        exit: UNAVAILABLE,
        class: "unreachable",
        code: None,
        says: "no connection",
    },
];

#[test]
fn each_is_refused_and_told_with_its_class_and_a_remedy() {
    let mut wrong = Vec::new();
    for case in CASES {
        let place = Place::new();
        (case.set_up)(&place);
        let (exit, login) = place.once();
        let error = &login["error"];
        let told = error["class"] == case.class
            && error["code"].as_str() == case.code
            && error.to_string().contains(case.says)
            && error["hint"].as_str().is_some_and(|hint| hint.ends_with('.'));
        let kept_quiet = case.code.is_some() || !case.name.contains("leave the machine") || unasked(&place);
        if exit != Some(case.exit) || !told || !kept_quiet || place.home.read(DOCUMENT).is_some() {
            wrong.push(format!("{}: exit {exit:?}, {error:#}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn unasked(place: &Place) -> bool {
    place.sandbox.requests_to(Group::Sts).is_empty()
}

#[test]
fn a_platform_that_fails_is_told_apart_from_the_cloud() {
    let faults = [
        (Group::Supervisor, Fault::new(FaultKind::Reset), "retry"),
        (Group::Supervisor, Fault::new(FaultKind::Garbage), "retry"),
        (Group::Api, Fault::refuse(401, "unauthenticated", "No access token provided."), "needs_attention"),
        (Group::Api, Fault::new(FaultKind::Throttling), "retry"),
        (Group::Api, Fault::new(FaultKind::HalfBody), "retry"),
    ];
    for (group, fault, class) in faults {
        let place = Place::new();
        let lines = format!("type = \"gitpod\"\napi_url = \"{}\"", place.sandbox.url());
        let address = place.sandbox.address();
        let place = place.source(&lines).variable("SUPERVISOR_ADDR", address);
        let shown = format!("{group:?} {fault:?}");
        place.sandbox.fault(group, fault);
        let (_, login) = place.once();
        let error = &login["error"];
        assert_eq!(
            (&error["stage"], &error["class"]),
            (&Value::from("mint"), &Value::from(class)),
            "{shown}: {error}"
        );
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{shown}: {error}");
        assert!(unasked(&place), "{shown}");
        place.sandbox.clear_faults();
        place.works();
    }
}
