//! The conditions of a statement
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>).

use evercred_core::explain::{Finding, Node, Place, Style, Wildcards};
use serde_json::json;

use super::facts::{Facts, Known};

/// What a clause says of the token.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It holds; the finding says of what.
    Holds(Box<Finding>),
    /// It does not.
    Fails(Box<Finding>),
    /// It looks at what only AWS knows.
    NotFromHere {
        /// The clause.
        place: Place,
        /// What it looks at.
        key: String,
    },
}

/// Of each clause.
pub(super) fn verdicts(statement: &Node<'_>, facts: &Facts<'_>) -> Vec<Verdict> {
    let Some(conditions) = statement.key("Condition") else { return Vec::new() };
    let operators = conditions.members().into_iter();
    operators
        .flat_map(|(operator, clauses)| {
            let clauses = clauses.members().into_iter();
            clauses.map(|(key, clause)| verdict(operator, key, &clause, facts)).collect::<Vec<_>>()
        })
        .collect()
}

fn verdict(operator: &str, key: &str, clause: &Node<'_>, facts: &Facts<'_>) -> Verdict {
    let wanted: Vec<String> = clause.items().iter().map(|item| text(item)).collect();
    let known = facts.known(key);
    let Some(parsed) = Operator::parse(operator) else {
        if known == Known::NotFromHere {
            return Verdict::NotFromHere { place: clause.place(), key: key.to_owned() };
        }
        let problem = format!("{operator} does not compare text, and {key} is text");
        return Verdict::Fails(Box::new(about(clause, key, facts, problem).there("\"StringEquals\"")));
    };
    if known == Known::NotFromHere || wanted.iter().any(|wanted| wanted.contains("${")) {
        return Verdict::NotFromHere { place: clause.place(), key: key.to_owned() };
    }
    let has = if let Known::Values(values) = known { Some(values) } else { None };
    let finding = finding(&parsed, (operator, key), clause, (has, &wanted), facts);
    if parsed.holds(has, &wanted) {
        Verdict::Holds(Box::new(finding))
    } else {
        Verdict::Fails(Box::new(finding))
    }
}

/// What there is to say of a clause if it is why the token is kept out.
fn finding(
    parsed: &Operator<'_>,
    (operator, key): (&str, &str),
    clause: &Node<'_>,
    (has, wanted): (Option<&[String]>, &[String]),
    facts: &Facts<'_>,
) -> Finding {
    let got = has.unwrap_or_default().to_vec();
    let claim = facts.claim(key).unwrap_or(key);
    if parsed.comparison == Comparison::Null || (has.is_none() && parsed.wants_match) {
        let problem = facts.why_absent(key);
        let finding = about(clause, key, facts, problem).compared(wanted.to_vec(), got, Style::Exact);
        return Finding { difference: None, ..finding }.there(format!("no condition on {key}"));
    }
    if !parsed.wants_match {
        let problem = format!("{operator} rules out this `{claim}`");
        let finding = about(clause, key, facts, problem).compared(wanted.to_vec(), got, Style::Exact);
        return Finding { difference: None, ..finding };
    }
    let problem = format!("the token's `{claim}` is not what {operator} takes");
    let finding = about(clause, key, facts, problem).compared(wanted.to_vec(), got.clone(), parsed.style());
    let is_wildcard = finding.difference.as_deref().is_some_and(|difference| difference.contains("wildcard"));
    let finding = if is_wildcard {
        finding.there(format!("{} in place of {operator}", json!(operator.replace("Equals", "Like"))))
    } else {
        let value = got.first().cloned().unwrap_or_default();
        finding.there(format!("{}: {{{}: {}}}", json!(operator), json!(key), json!(value)))
    };
    match (claim, wanted.first()) {
        ("aud", Some(audience)) if !Wildcards::StarAndQuestion.are_in(audience) => {
            let party =
                if facts.has_party() { " (AWS takes the token's `azp` for its audience)" } else { "" };
            finding.here(format!("audience = {}{party}", json!(audience)))
        }
        _ => finding,
    }
}

fn about(clause: &Node<'_>, key: &str, facts: &Facts<'_>, problem: String) -> Finding {
    let finding = Finding::new(clause.place(), problem);
    match facts.claim(key) {
        Some(claim) => finding.claim(claim),
        None => finding,
    }
}

/// Numbers and truth values are compared as text, too.
fn text(item: &Node<'_>) -> String {
    item.text().map_or_else(|| item.value().to_string(), str::to_owned)
}

#[derive(Debug, PartialEq, Eq)]
enum Comparison {
    Equals,
    IgnoringCase,
    Like,
    Null,
}

/// An operator in its parts.
#[derive(Debug)]
struct Operator<'o> {
    /// `ForAnyValue` or `ForAllValues`.
    quantifier: Option<&'o str>,
    comparison: Comparison,
    wants_match: bool,
    if_exists: bool,
}

impl<'o> Operator<'o> {
    /// `None` for those that do not compare text.
    fn parse(operator: &'o str) -> Option<Self> {
        let (quantifier, rest) = match operator.split_once(':') {
            Some((quantifier @ ("ForAnyValue" | "ForAllValues"), rest)) => (Some(quantifier), rest),
            Some(_) => return None,
            None => (None, operator),
        };
        let (name, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
        let (comparison, wants_match) = match name {
            "StringEquals" => (Comparison::Equals, true),
            "StringNotEquals" => (Comparison::Equals, false),
            "StringEqualsIgnoreCase" => (Comparison::IgnoringCase, true),
            "StringNotEqualsIgnoreCase" => (Comparison::IgnoringCase, false),
            "StringLike" | "ArnEquals" | "ArnLike" => (Comparison::Like, true),
            "StringNotLike" | "ArnNotEquals" | "ArnNotLike" => (Comparison::Like, false),
            "Null" => (Comparison::Null, true),
            _ => return None,
        };
        Some(Self { quantifier, comparison, wants_match, if_exists })
    }

    fn holds(&self, has: Option<&[String]>, wanted: &[String]) -> bool {
        if self.comparison == Comparison::Null {
            return wanted.iter().any(|wanted| (wanted == "true") == has.is_none());
        }
        let is_of_all = self.quantifier == Some("ForAllValues");
        let Some(has) = has else { return self.if_exists || !self.wants_match || is_of_all };
        let fits = |value: &String| wanted.iter().any(|wanted| self.fits(wanted, value)) == self.wants_match;
        if is_of_all || !self.wants_match { has.iter().all(fits) } else { has.iter().any(fits) }
    }

    fn fits(&self, wanted: &str, value: &str) -> bool {
        match self.comparison {
            Comparison::Equals | Comparison::Null => wanted == value,
            Comparison::IgnoringCase => wanted.to_lowercase() == value.to_lowercase(),
            Comparison::Like => Wildcards::StarAndQuestion.matches(wanted, value),
        }
    }

    fn style(&self) -> Style {
        match self.comparison {
            Comparison::Like => Style::Pattern(Wildcards::StarAndQuestion),
            _ => Style::Exact,
        }
    }
}
