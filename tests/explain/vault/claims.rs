//! Claims that a role binds.

use evercred_sandbox::Mint;
use serde_json::{Value, json};

use super::{AUDIENCE, SUBJECT, case, good};
use crate::case::{
    Case,
    Expected::{Accepted, Refused},
};

/// Each good role, and the same with the token's claim, or the role's, changed.
pub(super) fn of_claims() -> Vec<Case> {
    let subject = || json!({"bound_subject": SUBJECT});
    vec![
        case("nothing bound", good(), json!({}), Accepted),
        case("the subject", good(), subject(), Accepted),
        case("another subject", good().subject("https://github.com/acme/other"), subject(), Refused("sub")),
        case(
            "a subject in other case",
            good().subject("https://github.com/Acme/app"),
            subject(),
            Refused("sub"),
        ),
        case("a subject with a slash", good().subject(format!("{SUBJECT}/")), subject(), Refused("sub")),
        case(
            "a subject that is a pattern",
            good(),
            json!({"bound_subject": "https://github.com/acme/*"}),
            Refused("sub"),
        ),
    ]
}

pub(super) fn of_audiences() -> Vec<Case> {
    vec![
        case("another audience", Mint::audience("acme"), json!({}), Refused("aud")),
        case(
            "an audience with a scheme",
            Mint::audience("https://vault.hashicorp.com"),
            json!({}),
            Refused("aud"),
        ),
        case("two audiences", Mint::audience("acme").and_audience(AUDIENCE), json!({}), Accepted),
        case(
            "two bound audiences",
            Mint::audience("acme"),
            json!({"bound_audiences": ["x", "acme"]}),
            Accepted,
        ),
        case(
            "no bound audience",
            good(),
            json!({"bound_audiences": [], "bound_subject": SUBJECT}),
            Refused("aud"),
        ),
    ]
}

pub(super) fn of_bound_claims() -> Vec<Case> {
    let bound = |claims: Value| json!({"bound_claims": claims});
    vec![
        case("a claim", good(), bound(json!({"org_id": "acme"})), Refused("org_id")),
        case(
            "a claim that is there",
            good().claim("org_id", "acme"),
            bound(json!({"org_id": "acme"})),
            Accepted,
        ),
        case(
            "a claim with another value",
            good().claim("org_id", "Acme"),
            bound(json!({"org_id": "acme"})),
            Refused("org_id"),
        ),
        case(
            "a claim that is missing",
            good().without("org_id"),
            bound(json!({"org_id": "acme"})),
            Refused("org_id"),
        ),
        case(
            "one of several values",
            good().claim("org_id", "b"),
            bound(json!({"org_id": ["a", "b"]})),
            Accepted,
        ),
        case(
            "none of several values",
            good().claim("org_id", "c"),
            bound(json!({"org_id": ["a", "b"]})),
            Refused("org_id"),
        ),
        case(
            "a list in the token",
            good().claim("teams", json!(["x", "a"])),
            bound(json!({"teams": "a"})),
            Accepted,
        ),
        case(
            "another list in the token",
            good().claim("teams", json!(["x", "y"])),
            bound(json!({"teams": ["a"]})),
            Refused("teams"),
        ),
    ]
}

pub(super) fn of_other_types() -> Vec<Case> {
    let bound = |claims: Value| json!({"bound_claims": claims});
    vec![
        case("a number", good().claim("project", 42), bound(json!({"project": 42})), Accepted),
        case(
            "another number",
            good().claim("project", 41),
            bound(json!({"project": 42})),
            Refused("project"),
        ),
        case(
            "a number that is text in the role",
            good().claim("project", 42),
            bound(json!({"project": "42"})),
            Refused("project"),
        ),
        case("a truth", good().claim("verified", true), bound(json!({"verified": true})), Accepted),
        case(
            "another truth",
            good().claim("verified", false),
            bound(json!({"verified": true})),
            Refused("verified"),
        ),
        case("an object", good().claim("box", json!({"a": 1})), bound(json!({"box": "a"})), Refused("box")),
        case(
            "inside of an object",
            good().claim("box", json!({"a": "x"})),
            bound(json!({"/box/a": "x"})),
            Accepted,
        ),
        case(
            "elsewhere inside of it",
            good().claim("box", json!({"a": "y"})),
            bound(json!({"/box/a": "x"})),
            Refused("box"),
        ),
        case(
            "not inside of it",
            good().claim("box", json!({"b": "x"})),
            bound(json!({"/box/a": "x"})),
            Refused("box"),
        ),
    ]
}

pub(super) fn of_patterns() -> Vec<Case> {
    let glob = |claims: Value| json!({"bound_claims_type": "glob", "bound_claims": claims});
    let subject = |pattern: &str| glob(json!({"sub": pattern}));
    vec![
        case("a pattern", good(), subject("https://github.com/acme/*"), Accepted),
        case("a pattern in the middle", good(), subject("https://*/app"), Accepted),
        case("a pattern that ends too early", good(), subject("https://*/acme"), Refused("sub")),
        case("a pattern that begins too late", good(), subject("github.com/*"), Refused("sub")),
        case("a pattern in other case", good(), subject("https://github.com/Acme/*"), Refused("sub")),
        case(
            "a question mark is no wildcard",
            good(),
            subject("https://github.com/acme/ap?"),
            Refused("sub"),
        ),
        case(
            "a pattern without its type",
            good(),
            json!({"bound_claims": {"sub": "https://github.com/acme/*"}}),
            Refused("sub"),
        ),
        case(
            "a number and a pattern",
            good().claim("project", 42),
            glob(json!({"project": "4*"})),
            Refused("project"),
        ),
        case("one of several patterns", good(), glob(json!({"sub": ["x*", "*app"]})), Accepted),
        case(
            "patterns of two claims",
            good().claim("org_id", "acme-1"),
            glob(json!({"sub": "*app", "org_id": "acme-*"})),
            Accepted,
        ),
        case(
            "one of two claims",
            good().claim("org_id", "other"),
            glob(json!({"sub": "*app", "org_id": "acme-*"})),
            Refused("org_id"),
        ),
    ]
}
