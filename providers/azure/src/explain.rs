//! Holds a token against the federated credentials of an application or of a managed identity
//! (<https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations>).
//!
//! Issuer, subject and audience must each be the same to the letter. Taken are what `az ad app federated-credential list` or
//! `show` prints, the same of `az identity`, of Microsoft Graph and of Resource Manager. An expression
//! (`claimsMatchingExpression`) is worked out as far as it compares claims with `eq` and `matches`. Left out: the signature,
//! and whether the application may sign in at all.

mod expression;

use std::time::Duration;

use evercred_core::explain::{
    Document, DocumentError, Explainer, Explanation, Finding, Node, Question, Style, out_of_time,
};
use serde_json::json;

/// Explains federated credentials.
pub static EXPLAINER: Explainer = Explainer {
    rule: "federated credential",
    printed_by: "az ad app federated-credential list --id CLIENT_ID",
    recognises: |document| credentials(document).is_some(),
    explain,
};

/// Entra counts no more of them.
const MOST: usize = 20;
/// Entra takes no token that lives longer.
const LONGEST_LIFE: Duration = Duration::from_hours(25);

fn explain(question: &Question<'_>) -> Result<Explanation, DocumentError> {
    let mut alternatives = Vec::new();
    let mut notes = Vec::new();
    for document in question.documents {
        let list = credentials(document).ok_or_else(|| {
            let hint = format!("Save what \"{}\" prints.", EXPLAINER.printed_by);
            document.unusable("it is no federated credential", hint)
        })?;
        if list.len() > MOST {
            notes.push(format!(
                "{} has {} federated credentials; Entra knows no more than {MOST}.",
                document.name(),
                list.len()
            ));
        }
        for (at, credential) in list.iter().take(MOST).enumerate() {
            alternatives.push((name(at, credential), misfits(credential, question, &mut notes)));
        }
    }
    if alternatives.is_empty() {
        let problem = "there is no federated credential at all";
        alternatives.push((String::new(), vec![Finding::new(question.documents[0].root().place(), problem)]));
    }
    let ends =
        out_of_time(question.claims, question.now, Duration::ZERO).into_iter().chain(too_long(question));
    Ok(Explanation::of_alternatives(alternatives, notes).and(ends))
}

/// The credentials, if the document is one of them or a list.
fn credentials<'a>(document: &'a Document) -> Option<Vec<Node<'a>>> {
    let root = document.root();
    let list = root.key("value").filter(|list| list.value().is_array()).unwrap_or(root);
    let own = |node: Node<'a>| Some(node.key("properties").unwrap_or(node)).filter(is_credential);
    let is_empty = list.value().as_array().is_some_and(Vec::is_empty);
    let found: Option<Vec<_>> = list.items().into_iter().map(own).collect();
    found.filter(|found| is_empty || !found.is_empty())
}

fn is_credential(node: &Node<'_>) -> bool {
    node.key("audiences").is_some() && node.key("issuer").is_some()
}

fn name(at: usize, credential: &Node<'_>) -> String {
    match credential.value()["name"].as_str() {
        Some(name) => format!("the federated credential {name:?}"),
        None => format!("federated credential {at}"),
    }
}

fn misfits(credential: &Node<'_>, question: &Question<'_>, notes: &mut Vec<String>) -> Vec<Finding> {
    let claims = question.claims;
    let mut findings: Vec<_> = one(credential, "issuer", "iss", claims.issuer()).into_iter().collect();
    match credential.key("claimsMatchingExpression") {
        Some(expression) => findings.extend(expression::misfits(&expression, claims, notes)),
        None => findings.extend(one(credential, "subject", "sub", claims.subject())),
    }
    findings.extend(audience(credential, question));
    findings
}

fn one(credential: &Node<'_>, key: &str, claim: &str, got: Option<&str>) -> Option<Finding> {
    let clause = credential.key(key);
    let expected = clause.as_ref().and_then(Node::text);
    if expected == got && got.is_some() {
        return None;
    }
    let place = clause.map_or_else(|| credential.place(), |clause| clause.place());
    let finding = Finding::new(place, format!("the credential is for another {key}")).claim(claim);
    let finding = finding.compared(expected, got, Style::Exact);
    Some(finding.there(format!("{}: {}", json!(key), json!(got.unwrap_or_default()))))
}

/// A credential names one audience, and the token must be for just that one.
fn audience(credential: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let clause = credential.key("audiences")?;
    let (expected, got) = (clause.texts(), question.claims.audiences());
    if expected.iter().any(|audience| got == [*audience]) {
        return None;
    }
    let is_among = expected.iter().any(|audience| got.contains(audience));
    let problem = if is_among {
        "the token has other audiences besides"
    } else {
        "the credential is for another audience"
    };
    let here = expected.first().map(|audience| format!("audience = {}", json!(audience)));
    let finding =
        Finding::new(clause.place(), problem).claim("aud").compared(expected, got.clone(), Style::Exact);
    let there = format!("\"audiences\": {}", json!(got));
    Some(Finding { change_here: here, change_there: (!is_among).then_some(there), ..finding })
}

fn too_long(question: &Question<'_>) -> Option<Finding> {
    let start = question.claims.issued_at().unwrap_or(question.now);
    let life = question.claims.expires_at()?.duration_since(start).ok()?;
    let hours = life.as_secs() / 3600;
    let problem = format!("the token lives for {hours} h, and Entra takes none that lives longer than 25 h");
    let finding = Finding::new(evercred_core::explain::Place::default(), problem).claim("exp");
    (life > LONGEST_LIFE).then(|| finding.here("have the platform mint shorter-lived tokens"))
}
