//! Providers of workload identity pools, and bindings of service accounts; the sandbox's Google is the oracle.

#[path = "gcp/conditions.rs"]
mod conditions;

use evercred_sandbox::{GcpOptions, GcpRole, IdentityProvider, Mint, Options, Sandbox, ServiceAccount};
use serde_json::{Value, json};

use crate::case::{Case, Expected, Verdicts};
use Expected::{Accepted, Refused, RefusedByRule};

const POOL: &str = "workspaces";
const IN_POOL: &str =
    "iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/workspaces";
const REPOSITORY: &str = "https://github.com/acme/app.git";

/// What the token is for, unless a trial says otherwise.
const AUDIENCE: &str = "acme";

/// A token, a provider, and the one who may speak for a service account, if that is asked for, too.
struct Trial {
    name: &'static str,
    mint: Mint,
    provider: IdentityProvider,
    member: Option<String>,
    expected: Expected,
}

fn good() -> Mint {
    Mint::audience(AUDIENCE)
}

fn provider() -> IdentityProvider {
    IdentityProvider::new(POOL, "unnamed").audience(AUDIENCE)
}

fn trial(name: &'static str, mint: Mint, provider: IdentityProvider, expected: Expected) -> Trial {
    Trial { name, mint, provider, member: None, expected }
}

/// With this condition.
fn under(name: &'static str, mint: Mint, condition: &str, expected: Expected) -> Trial {
    trial(name, mint, provider().condition(condition), expected)
}

fn bound(name: &'static str, mint: Mint, member: &str, expected: Expected) -> Trial {
    Trial { member: Some(member.replace("<pool>", IN_POOL)), ..trial(name, mint, provider(), expected) }
}

fn trials() -> Vec<Trial> {
    let mut trials = conditions::of_conditions();
    trials.extend(conditions::of_comparisons());
    trials.extend(conditions::of_combinations());
    trials.extend(of_providers());
    trials.extend(of_bindings());
    trials
}

fn of_providers() -> Vec<Trial> {
    let mapped = |name: &str, cel: &str| provider().attribute(name, cel);
    let elsewhere = IdentityProvider { issuer: Some("https://else.example".to_owned()), ..provider() };
    let closed = IdentityProvider { disabled: true, ..provider() };
    vec![
        trial("another audience", Mint::audience("Acme"), provider(), Refused("aud")),
        trial("two audiences", Mint::audience("else").and_audience(AUDIENCE), provider(), Accepted),
        trial(
            "another issuer in the token",
            good().issuer("https://else.example"),
            provider(),
            Refused("iss"),
        ),
        trial("another issuer in the rule", good(), elsewhere, Refused("iss")),
        trial("a provider that is disabled", good(), closed, RefusedByRule),
        trial("no subject", good().without("sub"), provider(), Refused("sub")),
        trial("an empty subject", good().subject(""), provider(), Refused("sub")),
        trial("a subject that is too long", good().subject("x".repeat(128)), provider(), Refused("sub")),
        trial("a subject that is just short enough", good().subject("x".repeat(127)), provider(), Accepted),
        trial("another claim for the subject", good(), mapped("google.subject", "assertion.email"), Accepted),
        trial(
            "a claim for the subject that is missing",
            good(),
            mapped("google.subject", "assertion.project"),
            Refused("project"),
        ),
        trial(
            "an attribute that is missing",
            good(),
            mapped("attribute.actor", "assertion.actor"),
            Refused("actor"),
        ),
        trial(
            "an attribute that is no text",
            good(),
            mapped("attribute.verified", "assertion.email_verified"),
            Refused("email_verified"),
        ),
        trial(
            "a put-together subject",
            good(),
            mapped("google.subject", "'gitpod::' + assertion.sub"),
            Accepted,
        ),
    ]
}

fn of_bindings() -> Vec<Trial> {
    vec![
        bound("everybody in the pool", good(), "principalSet://<pool>/*", Accepted),
        bound(
            "the subject's binding",
            good(),
            "principal://<pool>/subject/https://github.com/acme/app",
            Accepted,
        ),
        bound(
            "another subject's binding",
            good().subject("x"),
            "principal://<pool>/subject/https://github.com/acme/app",
            Refused("sub"),
        ),
        bound(
            "an attribute's binding",
            good(),
            &format!("principalSet://<pool>/attribute.repository/{REPOSITORY}"),
            Accepted,
        ),
        bound(
            "another repository's binding",
            good().claim("repository", "x"),
            &format!("principalSet://<pool>/attribute.repository/{REPOSITORY}"),
            Refused("repository"),
        ),
        bound("a set that is none", good(), "principal://<pool>/*", RefusedByRule),
        bound(
            "another pool's binding",
            good(),
            &"principalSet://<pool>/*".replace("<pool>", &IN_POOL.replace(POOL, "others")),
            RefusedByRule,
        ),
    ]
}

/// As `gcloud iam workload-identity-pools providers describe --format=json` prints it.
fn printed(provider: &IdentityProvider, issuer: &str) -> Value {
    let mut printed = json!({
        "name": format!("{}/providers/{}", IN_POOL.split_once('/').unwrap().1, provider.id),
        "state": "ACTIVE",
        "attributeMapping": provider.mapping,
        "oidc": {"issuerUri": provider.issuer.as_deref().unwrap_or(issuer), "allowedAudiences": provider.allowed_audiences},
    });
    if let Some(condition) = &provider.condition {
        printed["attributeCondition"] = json!(condition);
    }
    if provider.disabled {
        printed["disabled"] = json!(true);
    }
    printed
}

#[test]
fn explain_says_of_a_provider_and_a_binding_what_google_does() {
    let mut trials = trials();
    trials.push(Trial {
        mint: Mint::audience(format!("https://{IN_POOL}/providers/case-{}", trials.len())),
        provider: IdentityProvider::new(POOL, "unnamed"),
        ..trial("the audience by its own name", good(), provider(), Accepted)
    });
    for (index, trial) in trials.iter_mut().enumerate() {
        trial.provider.id = format!("case-{index}");
    }
    let email = |index: usize| format!("case-{index}@acme-dev.iam.gserviceaccount.com");
    let account = |(index, trial): (usize, &Trial)| {
        let account = ServiceAccount::new(email(index));
        trial
            .member
            .iter()
            .fold(account, |account, member| account.bind(GcpRole::WorkloadIdentityUser, member))
    };
    let gcp = GcpOptions {
        providers: trials.iter().map(|trial| trial.provider.clone()).collect(),
        service_accounts: trials.iter().enumerate().map(account).collect(),
        ..GcpOptions::default()
    };
    let sandbox = Sandbox::start(Options { gcp, ..Options::default() }).unwrap();
    let issuer = sandbox.issuer();
    let case = |(index, trial): (usize, Trial)| {
        let mut login = format!("provider = \"{}\"\n", sandbox.gcp_provider(&trial.provider.id));
        let mut documents = vec![printed(&trial.provider, &issuer)];
        if let Some(member) = trial.member {
            login.extend(["service_account = \"", &email(index), "\"\n"]);
            let binding = json!({"role": "roles/iam.workloadIdentityUser", "members": [member]});
            documents.push(json!({"bindings": [binding], "etag": "BwX=", "version": 1}));
        }
        Case { login, ..Case::new(trial.name, trial.mint, documents, trial.expected) }
    };
    let cases: Vec<_> = trials.into_iter().enumerate().map(case).collect();
    let url = sandbox.url();
    let login = format!("sts_endpoint = \"{url}\"\niam_credentials_endpoint = \"{url}\"\n");
    Verdicts::of("gcp", &cases, &sandbox, &login).check(&cases);
}
