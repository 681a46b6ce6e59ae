//! Whether a service account lets the pool's identity speak for it
//! (<https://cloud.google.com/iam/docs/principal-identifiers>).

use evercred_core::explain::{Document, Finding, Node, Style};
use serde_json::json;

use super::attributes::{Attributes, SUBJECT};

/// The roles that let somebody have a service account's tokens.
const ROLES: [&str; 2] = ["roles/iam.workloadIdentityUser", "roles/iam.serviceAccountTokenCreator"];

/// Whether the document is a policy.
pub(super) fn is_policy(document: &Document) -> bool {
    let root = document.root();
    // A policy that binds nobody has an `etag` only.
    root.key("bindings").is_some() || (root.key("etag").is_some() && root.key("oidc").is_none())
}

pub(super) fn misfit(
    policy: &Document,
    provider: &Node<'_>,
    attributes: &Attributes,
    notes: &mut Vec<String>,
) -> Option<Finding> {
    let pool = pool(provider)?;
    let root = policy.root();
    let mut named = Vec::new();
    let mut place = root.key("bindings").unwrap_or_else(|| root.clone()).place();
    for binding in root.key("bindings").map(|bindings| bindings.items()).unwrap_or_default() {
        if !ROLES.iter().any(|role| binding.value()["role"] == *role) {
            continue;
        }
        let Some(members) = binding.key("members") else { continue };
        place = members.place();
        let lets_in = members.texts().into_iter().any(|member| is_member(member, &pool, attributes));
        if lets_in && binding.key("condition").is_some() {
            notes.push(format!(
                "The binding {} has a condition, which was taken to hold.",
                binding.place().path
            ));
        }
        if lets_in {
            return None;
        }
        named.extend(members.texts().into_iter().map(str::to_owned));
    }
    let identity = attributes
        .text(SUBJECT)
        .map(|subject| format!("principal://iam.googleapis.com/{pool}/subject/{subject}"));
    let finding = Finding::new(place, "the service account does not let this identity speak for it");
    let claim = nearest_claim(&named, &pool, attributes);
    let there = format!("--role={} --member={}", ROLES[0], json!(identity.clone().unwrap_or_default()));
    let finding = finding.compared(named, identity, Style::Exact).there(there);
    Some(Finding { claim, ..finding })
}

/// `projects/N/locations/global/workloadIdentityPools/P`.
fn pool(provider: &Node<'_>) -> Option<String> {
    let name = provider.value()["name"].as_str()?;
    Some(name.split_once("/providers/").map_or(name, |(pool, _)| pool).to_owned())
}

fn is_member(member: &str, pool: &str, attributes: &Attributes) -> bool {
    let Some(rest) = in_pool(member, pool) else { return false };
    match (rest.split_once('/'), member.starts_with("principalSet:")) {
        (None, is_set) => is_set && rest == "*",
        (Some(("subject", subject)), is_set) => !is_set && attributes.text(SUBJECT) == Some(subject),
        (Some(("group", group)), is_set) => is_set && attributes.texts("google.groups").contains(&group),
        (Some((name, value)), is_set) => is_set && attributes.text(name) == Some(value),
    }
}

fn in_pool<'m>(member: &'m str, pool: &str) -> Option<&'m str> {
    let rest = member.strip_prefix("principal://").or_else(|| member.strip_prefix("principalSet://"))?;
    rest.strip_prefix("iam.googleapis.com/")?.strip_prefix(pool)?.strip_prefix('/')
}

/// The claim behind what the first member of the pool asks for.
fn nearest_claim(named: &[String], pool: &str, attributes: &Attributes) -> Option<String> {
    let rest = named.iter().find_map(|member| in_pool(member, pool))?;
    let attribute = match rest.split('/').next()? {
        "subject" => SUBJECT,
        "group" => "google.groups",
        name => name,
    };
    attributes.claims_of(attribute).first().cloned()
}
