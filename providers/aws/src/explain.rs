//! Holds a token against a role's trust policy, as IAM does
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>).
//!
//! Taken are the policy alone, what `aws iam get-role` prints, and beside it what `aws iam get-open-id-connect-provider`
//! prints. Condition keys that only AWS knows the value of, policy variables and `NotPrincipal` are taken to be in the
//! token's favour, and noted. Left out: the signature, session policies, service control policies.

mod condition;
mod facts;
mod identity_provider;
mod statement;

use std::time::Duration;

use evercred_core::explain::{
    Document, DocumentError, Explainer, Explanation, Finding, Node, Question, out_of_time,
};
use serde_json::Value;

use self::facts::Facts;

/// Explains trust policies.
pub static EXPLAINER: Explainer = Explainer {
    rule: "IAM trust policy",
    printed_by: "aws iam get-role --role-name NAME",
    recognises: |document| policy(document).is_some() || identity_provider::is_one(document),
    explain,
};

fn explain(question: &Question<'_>) -> Result<Explanation, DocumentError> {
    let mut explanation = None;
    for document in question.documents.iter().filter(|document| !identity_provider::is_one(document)) {
        let policy = policy(document).ok_or_else(|| no_policy(document))?;
        explanation = Some(of_policy(&policy, question));
    }
    let first = question.documents.first();
    let explanation = match (explanation, first) {
        (Some(explanation), _) => explanation,
        (None, Some(document)) => return Err(no_policy(document)),
        (None, None) => Explanation::default(),
    };
    let of_provider =
        question.documents.iter().flat_map(|document| identity_provider::check(document, question));
    Ok(explanation.and(of_provider).and(out_of_time(question.claims, question.now, Duration::ZERO)))
}

fn no_policy(document: &Document) -> DocumentError {
    let hint = format!("Save what \"{}\" prints, or the trust policy in it.", EXPLAINER.printed_by);
    document.unusable("it is no trust policy of a role", hint)
}

/// The trust policy: the document itself, or that of the role that it describes.
fn policy(document: &Document) -> Option<Node<'_>> {
    let root = document.root();
    let ways: [&[&str]; 3] = [&["Role", "AssumeRolePolicyDocument"], &["AssumeRolePolicyDocument"], &[]];
    ways.iter().find_map(|way| root.at(way).filter(|node| node.key("Statement").is_some()))
}

/// One statement must allow, and none may deny.
fn of_policy(policy: &Node<'_>, question: &Question<'_>) -> Explanation {
    let facts = Facts::of(question.claims, role_arn(policy));
    let statements = policy.key("Statement").map(|node| node.items()).unwrap_or_default();
    let mut notes = Vec::new();
    let mut denials = Vec::new();
    let mut alternatives = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        let name = name(at, statement);
        if statement.value()["Effect"] == "Deny" {
            denials.extend(statement::denial(&name, statement, &facts, &mut notes));
        } else {
            alternatives.push((name, statement::misfits(statement, &facts, &mut notes)));
        }
    }
    if alternatives.is_empty() {
        let none = Finding::new(policy.place(), "no statement of the policy allows anything");
        alternatives.push(("the policy".to_owned(), vec![none]));
    }
    Explanation::of_alternatives(alternatives, notes).and(denials)
}

fn name(at: usize, statement: &Node<'_>) -> String {
    match statement.value()["Sid"].as_str().filter(|name| !name.is_empty()) {
        Some(name) => format!("Statement[{at}] ({name})"),
        None => format!("Statement[{at}]"),
    }
}

/// Whose policy it is, if the document says so.
fn role_arn<'d>(policy: &Node<'d>) -> Option<&'d str> {
    let root: &Value = policy.document().root().value();
    root["Role"]["Arn"].as_str().or_else(|| root["Arn"].as_str())
}
