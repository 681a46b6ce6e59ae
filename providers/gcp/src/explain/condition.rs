//! The condition that lets in or keeps out, each part of it by itself.

use evercred_core::Claims;
use evercred_core::explain::{Finding, Node, Style, Wildcards};
use serde_json::Value;

use super::attributes::{Attributes, shown};
use super::cel::{Parsed, evaluate};

/// The parts of the condition that do not hold.
pub(super) fn misfits(provider: &Node<'_>, claims: &Claims, attributes: &Attributes) -> Vec<Finding> {
    let Some(clause) = provider.key("attributeCondition") else { return Vec::new() };
    let Some(text) = clause.text().filter(|text| !text.trim().is_empty()) else { return Vec::new() };
    let assertion = Value::Object(claims.all().clone());
    let (google, attribute) = (attributes.under("google."), attributes.under("attribute."));
    let variables = [("assertion", &assertion), ("google", &google), ("attribute", &attribute)];
    if evaluate(text, &variables) == Ok(Value::Bool(true)) {
        return Vec::new();
    }
    let parts = split(text, "&&").into_iter();
    let failing = parts.filter_map(|part| match evaluate(part, &variables) {
        Ok(Value::Bool(true)) => None,
        other => Some(finding(&clause, part, other, &variables, attributes)),
    });
    let findings: Vec<_> = failing.collect();
    if findings.is_empty() {
        // Each part holds by itself, so it is their combination that fails.
        return vec![finding(&clause, text, evaluate(text, &variables), &variables, attributes)];
    }
    findings
}

fn finding(
    clause: &Node<'_>,
    part: &str,
    verdict: Result<Value, String>,
    variables: &[(&'static str, &Value)],
    attributes: &Attributes,
) -> Finding {
    let looks_at = Parsed::new(part).map(|parsed| parsed.looks_at()).unwrap_or_default();
    let claims: Vec<String> = looks_at.iter().flat_map(|member| claims_of(member, attributes)).collect();
    let problem = match verdict {
        Ok(_) => format!("{part} does not hold"),
        Err(why) => format!("{part} cannot be worked out: {why}"),
    };
    let finding = Finding { claim: claims.first().cloned(), ..Finding::new(clause.place(), problem) };
    let got: Vec<String> = looks_at.iter().flat_map(|(root, name)| values(root, name, variables)).collect();
    let comparisons: Option<Vec<_>> =
        split(part, "||").into_iter().map(|one| Parsed::new(one)?.comparison()).collect();
    let Some(comparisons) = comparisons else { return Finding { got, ..finding } };
    let is_pattern = comparisons.iter().any(|comparison| comparison.is_pattern);
    let style = if is_pattern { Style::Pattern(Wildcards::Star) } else { Style::Exact };
    let expected: Vec<String> = comparisons.into_iter().flat_map(|comparison| comparison.wanted).collect();
    let there = match (looks_at.as_slice(), got.first()) {
        ([(root, name)], Some(got)) => format!("{root}.{name} == {}", Value::from(got.as_str())),
        _ => format!("a condition without {part}"),
    };
    finding.compared(expected, got, style).there(there)
}

/// What a member of one of the variables says.
fn values(root: &str, name: &str, variables: &[(&'static str, &Value)]) -> Vec<String> {
    let value = variables.iter().find(|(variable, _)| *variable == root).map(|(_, value)| &value[name]);
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(shown).collect(),
        Some(value) => vec![shown(value)],
    }
}

/// The token's own claims behind `assertion.NAME`, or behind an attribute that is mapped.
fn claims_of((root, name): &(String, String), attributes: &Attributes) -> Vec<String> {
    match root.as_str() {
        "assertion" => vec![name.clone()],
        _ => attributes.claims_of(&format!("{root}.{name}")).to_vec(),
    }
}

/// The parts between `operator`s that stand outside of quotes and brackets; the whole, if something that binds less is there.
pub(super) fn split<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let text = bare(text);
    let marks = marks(text);
    let binds_less: &[&str] = if operator == "&&" { &["||", "?"] } else { &["?"] };
    let stands = |at: &usize, words: &str| text[*at..].starts_with(words);
    if marks.iter().any(|at| binds_less.iter().any(|words| stands(at, words))) {
        return vec![text];
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for at in marks.into_iter().filter(|at| stands(at, operator)) {
        parts.push(&text[start..at]);
        start = at + operator.len();
    }
    parts.push(&text[start..]);
    if parts.len() == 1 {
        return vec![text];
    }
    parts.into_iter().flat_map(|part| split(part, operator)).collect()
}

/// Without white space and brackets around the whole of it.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let Some(inside) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) else { return text };
    let mut depth = 0_i32;
    let closes_early = scan(inside).into_iter().any(|(_, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0
    });
    if closes_early { text } else { bare(inside) }
}

/// Where characters stand outside of quotes and brackets.
fn marks(text: &str) -> Vec<usize> {
    let mut depth = 0_i32;
    let mut found = Vec::new();
    for (at, c) in scan(text) {
        depth -= i32::from(matches!(c, ')' | ']' | '}'));
        if depth == 0 {
            found.push(at);
        }
        depth += i32::from(matches!(c, '(' | '[' | '{'));
    }
    found
}

/// The characters outside of quotes.
fn scan(text: &str) -> Vec<(usize, char)> {
    let mut quote = None;
    let mut is_escaped = false;
    let mut found = Vec::new();
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None => found.push((at, c)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conjunction_is_split_outside_of_quotes_and_brackets() {
        let text = "(assertion.a == 'x && y' && (assertion.b in [\"1\", '2'] || assertion.c)) && f(d && e)";
        let parts = ["assertion.a == 'x && y'", "assertion.b in [\"1\", '2'] || assertion.c", "f(d && e)"];
        assert_eq!(split(text, "&&"), parts);
        assert_eq!(split(parts[1], "||").len(), 2);
        assert_eq!(split("a && b || c", "&&"), ["a && b || c"]);
        assert_eq!(split("(a) && (b)", "&&"), ["a", "b"]);
    }
}
