//! The claims that a role names: those that it binds, and those that it reads.

use evercred_core::explain::{Finding, Node, Question, Style, Wildcards};
use serde_json::{Map, Value};

use super::shown;

/// The claim that names the user has to be there, and to be text.
pub(super) fn user(role: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let named = role.key("user_claim")?;
    let name = named.text().filter(|name| !name.is_empty())?;
    let is_pointer = role.key("user_claim_json_pointer").is_some_and(|flag| flag.value() == true);
    let all = question.claims.all();
    let found = if is_pointer { find(all, name) } else { all.get(name) };
    let problem = match found {
        Some(Value::String(_)) => return None,
        Some(_) => "the claim that is to name the user is no text",
        None => "the token lacks the claim that is to name the user",
    };
    let finding = Finding::new(named.place(), problem).claim(claim_name(name));
    let finding = Finding { got: found.map(shown).into_iter().collect(), ..finding };
    Some(finding.there("user_claim=sub, or another claim that the token has"))
}

/// The claim that names groups has to be there, too, if the role reads one.
pub(super) fn groups(role: &Node<'_>, question: &Question<'_>) -> Option<Finding> {
    let named = role.key("groups_claim")?;
    let name = named.text().filter(|name| !name.is_empty())?;
    let problem = match find(question.claims.all(), name) {
        Some(value) if as_list(value).is_some() => return None,
        Some(_) => "the claim that is to name groups is neither text nor a list",
        None => "the token lacks the claim that is to name groups",
    };
    Some(Finding::new(named.place(), problem).claim(claim_name(name)).there("groups_claim="))
}

/// Of each claim that is bound, one of its values must be one of those that the role names.
pub(super) fn bound(role: &Node<'_>, question: &Question<'_>) -> Vec<Finding> {
    let Some(bound) = role.key("bound_claims") else { return Vec::new() };
    let is_glob = role.key("bound_claims_type").is_some_and(|kind| kind.text() == Some("glob"));
    let style = if is_glob { Style::Pattern(Wildcards::Star) } else { Style::Exact };
    let members = bound.members().into_iter();
    members.filter_map(|(name, clause)| one(name, &clause, question.claims.all(), style)).collect()
}

fn one(name: &str, clause: &Node<'_>, claims: &Map<String, Value>, style: Style) -> Option<Finding> {
    let expected = as_list(clause.value()).unwrap_or_default();
    let finding = |problem: &str| Finding::new(clause.place(), problem).claim(claim_name(name));
    let listed = || expected.iter().map(|value| shown(value)).collect::<Vec<_>>();
    let Some(value) = find(claims, name) else {
        let finding = finding("the token lacks a claim that the role binds");
        return Some(finding.compared(listed(), Vec::new(), style).there(format!("no bound_claims.{name}")));
    };
    let Some(got) = as_list(value) else {
        return Some(finding(
            "the claim is an object, and only text, numbers and lists of those can be bound",
        ));
    };
    if expected.iter().any(|expected| got.iter().any(|got| fits(expected, got, style))) {
        return None;
    }
    let got: Vec<_> = got.into_iter().map(shown).collect();
    let suggestion = got.first().cloned().unwrap_or_default();
    let finding = finding("the claim is none of the values that the role takes");
    let finding = finding.compared(listed(), got, style);
    let has_pattern = expected.iter().any(|value| shown(value).contains('*'));
    Some(if style == Style::Exact && has_pattern && finding.difference.as_deref().is_some_and(is_wildcard) {
        finding.there("bound_claims_type=glob")
    } else {
        finding.there(format!("bound_claims: {}: {}", Value::from(name), Value::from(suggestion)))
    })
}

fn is_wildcard(difference: &str) -> bool {
    difference.contains("wildcard")
}

fn fits(expected: &Value, got: &Value, style: Style) -> bool {
    match (style, expected, got) {
        (Style::Pattern(wildcards), Value::String(pattern), Value::String(text)) => {
            wildcards.matches(pattern, text)
        }
        (Style::Pattern(_), ..) => false,
        (Style::Exact, Value::Number(expected), Value::Number(got)) => expected.as_f64() == got.as_f64(),
        (Style::Exact, expected, got) => expected == got,
    }
}

/// Text, a number or a truth value counts as a list of one.
fn as_list(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(items) => Some(items.iter().collect()),
        Value::Object(_) | Value::Null => None,
        one => Some(vec![one]),
    }
}

/// A claim by its name, or by a JSON pointer (RFC 6901), which begins with a slash.
fn find<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c Value> {
    let found = match name.strip_prefix('/') {
        None => claims.get(name),
        Some(way) => {
            let mut keys = way.split('/').map(|key| key.replace("~1", "/").replace("~0", "~"));
            let first = claims.get(&keys.next()?)?;
            keys.try_fold(first, |value, key| match value {
                Value::Array(items) => items.get(key.parse::<usize>().ok()?),
                value => value.get(&key),
            })
        }
    };
    found.filter(|value| !value.is_null())
}

/// The claim that a pointer leads into.
fn claim_name(name: &str) -> &str {
    name.strip_prefix('/').unwrap_or(name).split('/').next().unwrap_or(name)
}
