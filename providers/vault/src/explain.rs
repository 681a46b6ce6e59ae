//! Holds a token against a role of the JWT auth method, in the order in which the server does
//! (<https://openbao.org/api-docs/auth/jwt/>).
//!
//! Taken are the answers of `bao read -format=json auth/jwt/role/NAME` and `auth/jwt/config`, or their `data` alone. Left
//! out: the signature, `token_bound_cidrs`, and whatever a role's policies allow afterwards.

mod claims;
mod times;

use evercred_core::explain::{
    Document, DocumentError, Explainer, Explanation, Finding, Node, Question, Style,
};
use serde_json::{Value, json};

/// Explains roles of Vault and OpenBao.
pub static EXPLAINER: Explainer = Explainer {
    rule: "Vault role",
    printed_by: "bao read -format=json auth/jwt/role/NAME",
    recognises: |document| role(document).is_some() || config(document).is_some(),
    explain,
};

fn explain(question: &Question<'_>) -> Result<Explanation, DocumentError> {
    let roles: Vec<_> = question.documents.iter().filter_map(role).collect();
    let configs = question.documents.iter().filter_map(config);
    let unusable = question.documents.iter().find(|document| !(EXPLAINER.recognises)(document));
    if let Some(document) = unusable.or(question.documents.first().filter(|_| roles.is_empty())) {
        return Err(document.unusable(
            "it is no role of the JWT auth method",
            format!("Save what \"{}\" prints.", EXPLAINER.printed_by),
        ));
    }
    let alternatives = roles.iter().map(|role| (role.document().name().to_owned(), of_role(role, question)));
    let notes = roles.iter().flat_map(notes).collect();
    let of_config = configs.filter_map(|config| issuer(&config, question)).collect::<Vec<_>>();
    Ok(Explanation::of_alternatives(alternatives.collect(), notes).and(of_config))
}

/// A role's keys, if the document is one.
fn role(document: &Document) -> Option<Node<'_>> {
    let data = data(document);
    let says = ["user_claim", "bound_audiences", "bound_claims", "bound_subject", "role_type"];
    says.iter().any(|key| data.value().get(key).is_some()).then_some(data)
}

/// The mount's own keys, if the document is those.
fn config(document: &Document) -> Option<Node<'_>> {
    let data = data(document);
    let says = ["bound_issuer", "oidc_discovery_url", "jwks_url", "jwt_validation_pubkeys", "default_role"];
    let is_config = says.iter().any(|key| data.value().get(key).is_some());
    (is_config && role(document).is_none()).then_some(data)
}

fn data(document: &Document) -> Node<'_> {
    let root = document.root();
    root.key("data").filter(|data| data.value().is_object()).unwrap_or(root)
}

/// Everything of the role that the token does not fit.
fn of_role(role: &Node<'_>, question: &Question<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(kind(role));
    findings.extend(times::check(role, question));
    findings.extend(subject(role, question));
    findings.extend(audience(role, question));
    findings.extend(claims::user(role, question));
    findings.extend(claims::groups(role, question));
    findings.extend(claims::bound(role, question));
    findings
}

fn kind(role: &Node<'_>) -> Option<Finding> {
    let kind = role.key("role_type").filter(|kind| kind.text() == Some("oidc"))?;
    let problem = "the role is for people at a browser (`oidc`), and takes no token";
    Some(Finding::new(kind.place(), problem).there("role_type=jwt"))
}

fn issuer(config: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let bound = config.key("bound_issuer").filter(|bound| bound.text() != Some(""))?;
    let (expected, got) = (bound.text()?, question.claims.issuer());
    if got == Some(expected) {
        return None;
    }
    let problem = "the mount takes tokens of another issuer";
    let finding = Finding::new(bound.place(), problem).claim("iss").compared([expected], got, Style::Exact);
    Some(finding.there(format!("bound_issuer={}", word(got.unwrap_or_default()))))
}

fn subject(role: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let bound = role.key("bound_subject").filter(|bound| bound.text() != Some(""))?;
    let (expected, got) = (bound.text()?, question.claims.subject());
    if got == Some(expected) {
        return None;
    }
    let problem = "the role is for another subject";
    let finding = Finding::new(bound.place(), problem).claim("sub").compared([expected], got, Style::Exact);
    let pattern = "bound_claims can take a pattern instead (bound_claims_type=glob)";
    Some(finding.there(format!("bound_subject={} ({pattern})", word(got.unwrap_or_default()))))
}

/// A role that names no audience takes only tokens that name none either.
fn audience(role: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let bound = role.key("bound_audiences");
    let expected = bound.as_ref().map(Node::texts).unwrap_or_default();
    let got = question.claims.audiences();
    if got.iter().any(|audience| expected.contains(audience)) || (expected.is_empty() && got.is_empty()) {
        return None;
    }
    let problem = match (expected.is_empty(), got.is_empty()) {
        (true, _) => "the role names no audience, and the token has one",
        (_, true) => "the token names no audience, and the role wants one",
        _ => "the role takes other audiences",
    };
    let place = bound.map_or_else(|| role.place(), |bound| bound.place());
    let here = expected.first().map(|audience| format!("audience = {}", json!(audience)));
    let finding = Finding::new(place, problem).claim("aud").compared(expected, got.clone(), Style::Exact);
    let finding =
        finding.there(format!("bound_audiences={}", word(got.first().copied().unwrap_or_default())));
    Some(Finding { change_here: here, ..finding })
}

fn notes(role: &Node<'_>) -> Vec<String> {
    let ranges = role.key("token_bound_cidrs").map(|ranges| ranges.texts().join(", ")).unwrap_or_default();
    let note = format!(
        "The role can be used from {ranges} only (token_bound_cidrs); where this machine's requests \
                        come from, only the server knows."
    );
    (!ranges.is_empty()).then_some(note).into_iter().collect()
}

/// A value as one word of a command line.
fn word(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// A value as the server compares it: text, and a number as its whole digits.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
