//! An explanation as people and programs read it.

use evercred_core::explain::{Explanation, Finding, Place};
use serde_json::json;

use crate::engine::sent::Sent;
use crate::report::{printable, wrapped};

/// A verdict, then each clause that fails: where it stands, what it takes, what the token has, and what to change.
pub(super) fn text(rule: &str, explanation: &Explanation, sent: &Sent) -> String {
    let mut lines = vec![verdict(rule, explanation)];
    lines.extend(sent.lines().iter().map(|line| entry("the token says", line)));
    for finding in &explanation.findings {
        lines.push(String::new());
        lines.push(format!("{}{}", at(&finding.place), printable(&finding.problem)));
        lines.extend(details(finding));
    }
    lines.extend(explanation.others.iter().map(|other| format!("\nbesides: {}", printable(other))));
    lines.extend(explanation.notes.iter().map(|note| format!("\nnote: {}", printable(note))));
    lines.join("\n")
}

fn verdict(rule: &str, explanation: &Explanation) -> String {
    match (explanation.accepted, explanation.notes.is_empty()) {
        (true, true) => format!("accepted: the {rule} lets this token in"),
        (true, false) => format!("accepted, as far as can be told from here: the {rule} lets this token in"),
        (false, _) => format!("refused: the {rule} does not let this token in"),
    }
}

fn details(finding: &Finding) -> Vec<String> {
    let several = |values: &[String]| {
        values.iter().map(|value| json!(value).to_string()).collect::<Vec<_>>().join(", ")
    };
    let got = if finding.got.is_empty() && finding.claim.is_some() {
        "nothing".to_owned()
    } else {
        several(&finding.got)
    };
    let mut lines = Vec::new();
    if !finding.expected.is_empty() {
        lines.push(entry("expected", &several(&finding.expected)));
        lines.push(entry("got", &got));
    }
    let rest = [
        ("difference", &finding.difference),
        ("change there", &finding.change_there),
        ("or here", &finding.change_here),
    ];
    lines.extend(rest.iter().filter_map(|(name, text)| text.as_ref().map(|text| entry(name, text))));
    lines
}

fn entry(name: &str, text: &str) -> String {
    let start = format!("  {:<15}", format!("{name}:"));
    let indent = " ".repeat(start.len() + 1);
    format!("{start} {}", wrapped(&printable(text), &indent))
}

/// The place as editors and terminals know it, and the way to it.
fn at(place: &Place) -> String {
    let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
    match (place.file.as_str(), place.path.as_str()) {
        ("", "") => String::new(),
        (file, "") => format!("{file}{line}: "),
        (file, path) => format!("{file}{line}: {path}: "),
    }
}

pub(super) fn json(kind: &str, explanation: &Explanation, sent: &Sent) -> String {
    let mut document = json!({"kind": kind, "sent": sent});
    if let (Some(document), Ok(serde_json::Value::Object(members))) =
        (document.as_object_mut(), serde_json::to_value(explanation))
    {
        document.extend(members);
    }
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
