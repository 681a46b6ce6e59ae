//! Holds a token against a provider of a workload identity pool, and what comes out of that against the bindings of a service
//! account (<https://cloud.google.com/iam/docs/workload-identity-federation#conditions>).
//!
//! Taken are what `gcloud iam workload-identity-pools providers describe --format=json` prints, and beside it what `gcloud iam
//! service-accounts get-iam-policy --format=json` prints. Mappings and conditions are worked out by a CEL interpreter, each
//! part of a conjunction by itself. Left out: the signature, organisation policies, and conditions of bindings.

mod attributes;
mod binding;
mod cel;
mod condition;

use std::time::Duration;

use evercred_core::explain::{
    Document, DocumentError, Explainer, Explanation, Finding, Node, Question, Style, out_of_time,
};
use serde_json::json;

use self::attributes::Attributes;

/// Explains providers of pools.
pub static EXPLAINER: Explainer = Explainer {
    rule: "workload identity provider",
    printed_by: "gcloud iam workload-identity-pools providers describe … --format=json",
    recognises: |document| is_provider(document) || binding::is_policy(document),
    explain,
};

fn is_provider(document: &Document) -> bool {
    let root = document.root();
    ["attributeMapping", "attributeCondition", "oidc"].iter().any(|key| root.key(key).is_some())
}

fn explain(question: &Question<'_>) -> Result<Explanation, DocumentError> {
    let unusable = question.documents.iter().find(|document| !(EXPLAINER.recognises)(document));
    let provider = question.documents.iter().find(|document| is_provider(document));
    let Some(provider) = provider.filter(|_| unusable.is_none()) else {
        let hint = format!("Save what \"{}\" prints.", EXPLAINER.printed_by);
        return Err(unusable.unwrap_or(&question.documents[0]).unusable("it is no provider of a pool", hint));
    };
    let root = provider.root();
    let attributes = Attributes::of(&root, question.claims);
    let mut notes = Vec::new();
    let mut findings: Vec<Finding> = state(&root).into_iter().collect();
    findings.extend(issuer(&root, question));
    findings.extend(audience(&root, question));
    findings.extend(attributes.misfits(&root));
    findings.extend(condition::misfits(&root, question.claims, &attributes));
    for policy in question.documents.iter().filter(|document| binding::is_policy(document)) {
        findings.extend(binding::misfit(policy, &root, &attributes, &mut notes));
    }
    findings.extend(out_of_time(question.claims, question.now, Duration::ZERO));
    Ok(Explanation { accepted: findings.is_empty(), findings, others: Vec::new(), notes })
}

fn state(provider: &Node<'_>) -> Option<Finding> {
    let disabled = provider.key("disabled").filter(|disabled| disabled.value() == true);
    let deleted = provider.key("state").filter(|state| state.text() != Some("ACTIVE"));
    let (clause, problem) = match (disabled, deleted) {
        (Some(clause), _) => (clause, "the provider is disabled"),
        (_, Some(clause)) => (clause, "the provider was deleted, or is not active yet"),
        _ => return None,
    };
    Some(
        Finding::new(clause.place(), problem)
            .there("gcloud iam workload-identity-pools providers undelete, or update-oidc --no-disabled"),
    )
}

fn issuer(provider: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let clause = provider.at(&["oidc", "issuerUri"])?;
    let (expected, got) = (clause.text()?, question.claims.issuer());
    if got == Some(expected) {
        return None;
    }
    let finding = Finding::new(clause.place(), "the provider is for another issuer").claim("iss");
    let finding = finding.compared([expected], got, Style::Exact);
    Some(finding.there(format!("--issuer-uri={}", json!(got.unwrap_or_default()))))
}

/// A provider that lists no audience takes its own name, with or without a scheme.
fn audience(provider: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let list = provider.at(&["oidc", "allowedAudiences"]);
    let listed: Vec<String> = list.iter().flat_map(Node::texts).map(str::to_owned).collect();
    let name = provider.key("name");
    let expected = match name.as_ref().and_then(Node::text) {
        Some(name) if listed.is_empty() => {
            let name = format!("//iam.googleapis.com/{name}");
            vec![format!("https:{name}"), name]
        }
        _ => listed,
    };
    let got: Vec<String> = question.claims.audiences().into_iter().map(str::to_owned).collect();
    if expected.is_empty() || got.iter().any(|audience| expected.contains(audience)) {
        return None;
    }
    let clause = list.or_else(|| provider.key("oidc")).unwrap_or_else(|| provider.clone());
    let here = expected.first().map(|audience| format!("audience = {}", json!(audience)));
    let there = got.first().map(|audience| format!("--allowed-audiences={}", json!(audience)));
    let finding = Finding::new(clause.place(), "the provider takes other audiences").claim("aud");
    let finding = finding.compared(expected, got, Style::Exact);
    Some(Finding { change_here: here, change_there: there, ..finding })
}
