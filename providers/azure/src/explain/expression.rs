//! Flexible federated credentials: an expression in place of a subject
//! (<https://learn.microsoft.com/entra/workload-id/workload-identities-flexible-federated-identity-credentials>).

use evercred_core::Claims;
use evercred_core::explain::{Finding, Node, Style, Wildcards};

/// What of the expression the token does not fit. A part that is not understood is noted and taken to hold.
pub(super) fn misfits(node: &Node<'_>, claims: &Claims, notes: &mut Vec<String>) -> Vec<Finding> {
    let Some(expression) = node.key("value") else { return Vec::new() };
    let text = expression.text().unwrap_or_default();
    let mut findings = Vec::new();
    for part in conjuncts(text) {
        match Comparison::parse(part) {
            Some(comparison) => findings.extend(comparison.misfit(part, &expression, claims)),
            None => notes.push(format!("What {part:?} says cannot be told from here; it was taken to hold.")),
        }
    }
    findings
}

/// `claims['NAME'] eq 'TEXT'`, or `matches` with `*` and `?`.
struct Comparison<'e> {
    claim: &'e str,
    style: Style,
    wanted: String,
}

impl<'e> Comparison<'e> {
    fn parse(part: &'e str) -> Option<Self> {
        let rest = part.trim().strip_prefix("claims['")?;
        let (claim, rest) = rest.split_once("']")?;
        let rest = rest.trim_start();
        let (style, rest) = match rest.split_once(char::is_whitespace)? {
            ("eq", rest) => (Style::Exact, rest),
            ("matches", rest) => (Style::Pattern(Wildcards::StarAndQuestion), rest),
            _ => return None,
        };
        let wanted = rest.trim().strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
        Some(Self { claim, style, wanted })
    }

    fn misfit(&self, part: &str, clause: &Node<'_>, claims: &Claims) -> Option<Finding> {
        let got = claims.text(self.claim);
        let holds = got.is_some_and(|got| match self.style {
            Style::Exact => got == self.wanted,
            Style::Pattern(wildcards) => wildcards.matches(&self.wanted, got),
        });
        if holds {
            return None;
        }
        let finding = Finding::new(clause.place(), format!("{part:?} does not hold")).claim(self.claim);
        Some(finding.compared([self.wanted.as_str()], got, self.style))
    }
}

/// The parts between `and`s that stand outside of quotes.
fn conjuncts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    for (at, c) in text.char_indices() {
        if c == '\'' {
            is_quoted = !is_quoted;
        }
        if !is_quoted && text[at..].starts_with(" and ") {
            parts.push(text[start..at].trim());
            start = at + " and ".len();
        }
    }
    parts.push(text[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_split_outside_of_quotes() {
        let text = "claims['sub'] matches 'repo:a and b/*' and claims['job_workflow_ref'] eq 'x'";
        assert_eq!(
            conjuncts(text),
            ["claims['sub'] matches 'repo:a and b/*'", "claims['job_workflow_ref'] eq 'x'"]
        );
        let comparison = Comparison::parse(conjuncts(text)[0]).unwrap();
        assert_eq!((comparison.claim, comparison.wanted.as_str()), ("sub", "repo:a and b/*"));
        assert!(Comparison::parse("claims['sub'] startswith 'x'").is_none());
    }
}
