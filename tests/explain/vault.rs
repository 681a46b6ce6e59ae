//! Roles of `OpenBao`, which is the oracle: one server, a role for each case.

#[path = "vault/claims.rs"]
mod claims;

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox, Shape};
use evercred_test_support::OpenBao;
use serde_json::{Value, json};

use crate::case::{Case, Expected, Verdicts};
use Expected::{Accepted, Refused, RefusedByRule};

const AUDIENCE: &str = "vault.hashicorp.com";
const SUBJECT: &str = "https://github.com/acme/app";

fn good() -> Mint {
    Mint::audience(AUDIENCE)
}

fn case(name: &str, mint: Mint, more: Value, expected: Expected) -> Case {
    Case::new(name, mint, vec![more], expected)
}

fn cases() -> Vec<Case> {
    // First, since they do not stay true for long.
    let mut cases = of_times();
    cases.extend(claims::of_claims());
    cases.extend(claims::of_audiences());
    cases.extend(claims::of_bound_claims());
    cases.extend(claims::of_other_types());
    cases.extend(claims::of_patterns());
    cases.extend(of_shapes());
    cases
}

fn of_shapes() -> Vec<Case> {
    let shape = |shape| good().shape(shape);
    let user = |claim: &str| json!({"user_claim": claim});
    vec![
        case("a user claim that is there", good(), user("repository"), Accepted),
        case("a user claim that is not", good(), user("no_such_claim"), Refused("no_such_claim")),
        case("a user claim that is a number", good().claim("n", 7), user("n"), Refused("n")),
        case(
            "groups that are there",
            good().claim("teams", json!(["a"])),
            json!({"groups_claim": "teams"}),
            Accepted,
        ),
        case("groups that are not", good(), json!({"groups_claim": "teams"}), Refused("teams")),
        case(
            "Ona 2",
            shape(Shape::OnaV2),
            json!({"bound_claims_type": "glob", "bound_claims": {"sub": "org:*"}}),
            Accepted,
        ),
        case(
            "Ona 3 where 2 was",
            shape(Shape::OnaV3),
            json!({"bound_claims_type": "glob", "bound_claims": {"sub": "org:*"}}),
            Refused("sub"),
        ),
        case(
            "GitHub",
            shape(Shape::GithubActions),
            json!({"bound_claims_type": "glob", "bound_claims": {"sub": "repo:*"}}),
            Accepted,
        ),
        case(
            "a role for browsers",
            good(),
            json!({"role_type": "oidc", "allowed_redirect_uris": ["http://localhost:8250/oidc/callback"]}),
            RefusedByRule,
        ),
    ]
}

/// The platform's clock is right, so a start in the future is the token's own; half a minute is forgiven.
fn of_times() -> Vec<Case> {
    let ahead = |seconds: i64| Mint { issued_in_seconds: seconds, ..good() };
    vec![
        case("issued half a minute ahead", ahead(30), json!({}), Accepted),
        case(
            "issued 50 s ahead and nothing forgiven",
            ahead(50),
            json!({"clock_skew_leeway": -1}),
            Refused("nbf"),
        ),
        case("without a start", good().without("nbf"), json!({}), Accepted),
    ]
}

#[test]
fn explain_says_of_a_role_what_openbao_does() {
    let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
    let bao = OpenBao::start();
    bao.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
    let mut cases = cases();
    for (index, case) in cases.iter_mut().enumerate() {
        let role = format!("case-{index}");
        bao.role(&role, &case.documents[0]);
        let printed = bao.admin(["read", "-format=json", &format!("auth/jwt/role/{role}")]);
        case.documents = vec![serde_json::from_str(&printed).unwrap()];
        case.login = format!("role = \"{role}\"\n");
    }
    let config: Value =
        serde_json::from_str(&bao.admin(["read", "-format=json", "auth/jwt/config"])).unwrap();
    for (mint, expected) in [(good(), Accepted), (good().issuer("https://else.example"), Refused("iss"))] {
        let documents = vec![cases[0].documents[0].clone(), config.clone()];
        let login = cases[0].login.clone();
        cases.push(Case { login, ..Case::new("with the mount's config", mint, documents, expected) });
    }
    let login = format!("address = \"{}\"\n", bao.address());
    Verdicts::of("vault", &cases, &platform, &login).check(&cases);
}
