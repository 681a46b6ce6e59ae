//! One statement of a trust policy.

use evercred_core::explain::{Finding, Node, Place, Style, Wildcards};

use super::condition::{self, Verdict};
use super::facts::Facts;

const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// Why a statement that allows does not fit the token; nothing if it does.
pub(super) fn misfits(statement: &Node<'_>, facts: &Facts<'_>, notes: &mut Vec<String>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        effect(statement).into_iter().chain(principal(statement, facts)).chain(action(statement)).collect();
    for verdict in condition::verdicts(statement, facts) {
        match verdict {
            Verdict::Holds(_) => {}
            Verdict::Fails(finding) => findings.push(*finding),
            Verdict::NotFromHere { place, key } => notes.push(format!(
                "{} looks at {key}, which only AWS knows; it was taken to hold.",
                path(&place)
            )),
        }
    }
    findings
}

/// The finding that a statement which denies does fit the token.
pub(super) fn denial(
    name: &str,
    statement: &Node<'_>,
    facts: &Facts<'_>,
    notes: &mut Vec<String>,
) -> Option<Finding> {
    if principal(statement, facts).is_some() || action(statement).is_some() {
        return None;
    }
    let mut finding =
        Finding::new(statement.place(), format!("{name} denies this token, whatever allows it"));
    for verdict in condition::verdicts(statement, facts) {
        match verdict {
            Verdict::Fails(_) => return None,
            Verdict::NotFromHere { place, key } => {
                notes.push(format!(
                    "{} denies if {key}, which only AWS knows, has certain values; it was taken not to.",
                    path(&place)
                ));
                return None;
            }
            Verdict::Holds(clause) if finding.claim.is_none() => {
                let problem = finding.problem;
                finding = Finding { problem, ..*clause };
            }
            Verdict::Holds(_) => {}
        }
    }
    Some(finding)
}

fn path(place: &Place) -> &str {
    &place.path
}

fn effect(statement: &Node<'_>) -> Option<Finding> {
    let effect = statement.key("Effect");
    if effect.as_ref().and_then(Node::text) == Some("Allow") {
        return None;
    }
    let place = effect.map_or_else(|| statement.place(), |effect| effect.place());
    Some(Finding::new(place, "the statement neither allows nor denies").there("\"Effect\": \"Allow\""))
}

/// The principal has to be the account's entry for the token's issuer.
fn principal(statement: &Node<'_>, facts: &Facts<'_>) -> Option<Finding> {
    let Some(principal) = statement.key("Principal") else {
        let problem = "the statement names no principal";
        return Some(Finding::new(statement.place(), problem).there(wanted(facts, None)));
    };
    let federated = principal.key("Federated");
    let named = federated.as_ref().map(Node::texts).unwrap_or_default();
    if principal.text() == Some("*") || named.iter().any(|name| is_issuer(name, facts)) {
        return None;
    }
    let Some(federated) = federated else {
        let problem = "the statement is for other principals than an identity provider";
        return Some(Finding::new(principal.place(), problem).there(wanted(facts, None)));
    };
    let hosts = named.iter().map(|name| host(name));
    let finding =
        Finding::new(federated.place(), "the statement is for another identity provider").claim("iss");
    let finding = finding.compared(hosts, [facts.host], Style::Exact);
    if named.iter().any(|name| host(name) == facts.host) {
        let account = facts.role_account.unwrap_or_default();
        let problem = format!("the identity provider is not one of the role's own account, {account}");
        return Some(
            Finding { problem, claim: None, difference: None, ..finding }.there(wanted(facts, Some(account))),
        );
    }
    let finding = Finding { expected: named.iter().map(|&name| name.to_owned()).collect(), ..finding };
    Some(finding.there(wanted(facts, named.first().and_then(|name| name.split(':').nth(4)))))
}

fn wanted(facts: &Facts<'_>, account: Option<&str>) -> String {
    let account = account.filter(|account| !account.is_empty()).or(facts.role_account).unwrap_or("ACCOUNT");
    format!("\"Principal\": {{\"Federated\": \"arn:aws:iam::{account}:oidc-provider/{}\"}}", facts.host)
}

fn is_issuer(name: &str, facts: &Facts<'_>) -> bool {
    let account = name.split(':').nth(4);
    let is_at_home = facts.role_account.is_none() || account.is_none() || account == facts.role_account;
    name == "*" || (host(name) == facts.host && is_at_home)
}

/// What an identity provider is for; Google's has no entry of its own in an account.
fn host(name: &str) -> &str {
    name.split_once(":oidc-provider/").map_or(name, |(_, host)| host)
}

fn action(statement: &Node<'_>) -> Option<Finding> {
    let like =
        |pattern: &&str| Wildcards::StarAndQuestion.matches(&pattern.to_lowercase(), &ACTION.to_lowercase());
    if let Some(excluded) = statement.key("NotAction") {
        let is_excluded = excluded.texts().iter().any(like);
        return is_excluded
            .then(|| Finding::new(excluded.place(), format!("the statement leaves out {ACTION}")));
    }
    let actions = statement.key("Action");
    let named = actions.as_ref().map(Node::texts).unwrap_or_default();
    if named.iter().any(like) {
        return None;
    }
    let place = actions.map_or_else(|| statement.place(), |actions| actions.place());
    let finding = Finding::new(place, format!("the statement is not about {ACTION}"));
    let finding = finding.compared(named, [ACTION], Style::Exact);
    Some(finding.there(format!("\"Action\": \"{ACTION}\"")))
}
