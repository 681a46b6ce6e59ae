//! Conditions, one claim after the other.

use evercred_sandbox::Shape;
use serde_json::json;

use super::{REPOSITORY, Trial, good, provider, trial, under};
use crate::case::Expected::{Accepted, Refused, RefusedByRule};

pub(super) fn of_conditions() -> Vec<Trial> {
    let repository = format!("assertion.repository == '{REPOSITORY}'");
    let subject = "assertion.sub == 'https://github.com/acme/app'";
    vec![
        trial("no condition", good(), provider(), Accepted),
        under("the subject", good(), subject, Accepted),
        under("another subject", good().subject("https://github.com/acme/other"), subject, Refused("sub")),
        under(
            "a subject in other case",
            good().subject("https://github.com/Acme/app"),
            subject,
            Refused("sub"),
        ),
        under("a claim", good(), &repository, Accepted),
        under(
            "a claim with another value",
            good().claim("repository", "https://github.com/acme/app"),
            &repository,
            Refused("repository"),
        ),
        under("a claim that is missing", good().without("repository"), &repository, Refused("repository")),
        under(
            "a claim that must be there",
            good().without("org_id"),
            "has(assertion.org_id)",
            Refused("org_id"),
        ),
        under(
            "a mapped attribute",
            good().claim("repository", "x"),
            &repository.replace("assertion", "attribute"),
            Refused("repository"),
        ),
        under("the mapped subject", good().subject("x"), "google.subject != 'x'", Refused("sub")),
    ]
}

pub(super) fn of_comparisons() -> Vec<Trial> {
    let github = || good().shape(Shape::GithubActions);
    vec![
        under("a beginning", good(), "assertion.sub.startsWith('https://github.com/acme/')", Accepted),
        under(
            "another beginning",
            good().subject("https://github.com/else/app"),
            "assertion.sub.startsWith('https://github.com/acme/')",
            Refused("sub"),
        ),
        under("an end", good(), "assertion.repository.endsWith('/app')", Refused("repository")),
        under("a part", good(), "assertion.sub.contains('acme')", Accepted),
        under("one of several", github(), "assertion.repository_owner in ['acme', 'other']", Accepted),
        under(
            "none of several",
            github(),
            "assertion.repository_owner in ['Acme', 'other']",
            Refused("repository_owner"),
        ),
        under(
            "a name where an id is wanted",
            github(),
            "assertion.repository_id == 'acme/app'",
            Refused("repository_id"),
        ),
        under(
            "a number that is text in the token",
            github(),
            "assertion.repository_id == 74",
            Refused("repository_id"),
        ),
        under("by its index", github(), "assertion['repository'] == 'acme/other'", Refused("repository")),
        under("a truth", good(), "assertion.email_verified == true", Accepted),
        under(
            "a truth by itself",
            good().claim("email_verified", false),
            "assertion.email_verified",
            Refused("email_verified"),
        ),
        under("one of a list", good().claim("teams", json!(["a", "b"])), "'b' in assertion.teams", Accepted),
        under(
            "none of a list",
            good().claim("teams", json!(["a"])),
            "'b' in assertion.teams",
            Refused("teams"),
        ),
        under("what is not an expression", good(), "assertion.sub ==", RefusedByRule),
    ]
}

pub(super) fn of_combinations() -> Vec<Trial> {
    let github = || good().shape(Shape::GithubActions);
    let both = "assertion.repository_owner == 'acme' && assertion.ref == 'refs/heads/main'";
    let either = "assertion.actor == 'sam' || assertion.actor == 'kim'";
    vec![
        under("both", github(), both, Accepted),
        under(
            "the first of both",
            github().claim("repository_owner", "else"),
            both,
            Refused("repository_owner"),
        ),
        under("the second of both", github().claim("ref", "refs/heads/dev"), both, Refused("ref")),
        under(
            "both in brackets",
            github().claim("ref", "refs/heads/dev"),
            &format!("(({both}))"),
            Refused("ref"),
        ),
        under("either", github(), either, Accepted),
        under("neither", github().claim("actor", "max"), either, Refused("actor")),
        under(
            "both and either",
            github().claim("actor", "max"),
            &format!("{both} && ({either})"),
            Refused("actor"),
        ),
        under(
            "an operator in quotes",
            github().claim("workflow", "a && b"),
            "assertion.workflow == 'a && c'",
            Refused("workflow"),
        ),
        under(
            "if",
            github().claim("environment", "prod"),
            "has(assertion.environment) ? assertion.environment == 'dev' : true",
            Refused("environment"),
        ),
    ]
}
