//! Condition operators
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>).

use super::{like, literal};

/// How values of a key that has several count together.
enum Quantifier {
    Any,
    All,
}

/// Whether `operator` is satisfied by what the key has, if anything, and what the policy wants.
pub(super) fn holds(operator: &str, has: Option<&Vec<String>>, wanted: &[&str]) -> bool {
    if operator == "Null" {
        return wanted.iter().any(|wanted| (*wanted == "true") == has.is_none());
    }
    let (quantifier, operator) = match operator.split_once(':') {
        Some(("ForAllValues", rest)) => (Quantifier::All, rest),
        Some(("ForAnyValue", rest)) => (Quantifier::Any, rest),
        Some(_) => return false,
        None => (Quantifier::Any, operator),
    };
    let (operator, forgiving) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let Some((compare, wants_match)) = comparison(operator) else {
        return false;
    };
    let Some(has) = has else {
        return forgiving || !wants_match || matches!(quantifier, Quantifier::All);
    };
    let satisfied = |value: &String| wanted.iter().any(|wanted| compare(wanted, value)) == wants_match;
    match quantifier {
        Quantifier::Any if wants_match => has.iter().any(satisfied),
        Quantifier::Any | Quantifier::All => has.iter().all(satisfied),
    }
}

type Comparison = fn(&str, &str) -> bool;

/// How an operator compares, and whether it wants the values to match or not to.
fn comparison(operator: &str) -> Option<(Comparison, bool)> {
    Some(match operator {
        "StringEquals" | "ArnEquals" => (|wanted, value| literal(wanted) == value, true),
        "StringNotEquals" => (|wanted, value| literal(wanted) == value, false),
        "StringEqualsIgnoreCase" => (|wanted, value| literal(wanted).eq_ignore_ascii_case(value), true),
        "StringNotEqualsIgnoreCase" => (|wanted, value| literal(wanted).eq_ignore_ascii_case(value), false),
        "StringLike" | "ArnLike" => (like, true),
        "StringNotLike" => (like, false),
        _ => return None,
    })
}
