//! What a provider makes of a token's claims.

use std::collections::BTreeMap;

use evercred_core::Claims;
use evercred_core::explain::{Finding, Node};
use serde_json::{Map, Value};

use super::cel::{Parsed, evaluate};

/// The longest subject, in bytes.
const LONGEST_SUBJECT: usize = 127;
pub(super) const SUBJECT: &str = "google.subject";

/// The mapped attributes, by their names, or why they cannot be mapped.
#[derive(Debug)]
pub(super) struct Attributes {
    mapped: BTreeMap<String, Result<Value, String>>,
    /// The claims that each is made of.
    claims: BTreeMap<String, Vec<String>>,
}

impl Attributes {
    pub(super) fn of(provider: &Node<'_>, claims: &Claims) -> Self {
        let assertion = Value::Object(claims.all().clone());
        let members = provider.key("attributeMapping").map(|mapping| mapping.members()).unwrap_or_default();
        let mut attributes = Self { mapped: BTreeMap::new(), claims: BTreeMap::new() };
        for (name, node) in members {
            let text = node.text().unwrap_or_default();
            attributes.mapped.insert(name.to_owned(), evaluate(text, &[("assertion", &assertion)]));
            attributes.claims.insert(name.to_owned(), claims_in(text));
        }
        attributes
    }

    /// What a mapping comes to that is not what it must be.
    pub(super) fn misfits(&self, provider: &Node<'_>) -> Vec<Finding> {
        let mapping = provider.key("attributeMapping").unwrap_or_else(|| provider.clone());
        let mut findings = Vec::new();
        if !self.mapped.contains_key(SUBJECT) {
            let finding = Finding::new(mapping.place(), "nothing is mapped to google.subject");
            findings.push(finding.there("--attribute-mapping=google.subject=assertion.sub"));
        }
        for (name, value) in &self.mapped {
            let problem = match (name.as_str(), value) {
                (_, Err(why)) => format!("{name} cannot be mapped: {why}"),
                (SUBJECT, Ok(Value::String(subject))) if subject.is_empty() => {
                    format!("{name} comes to nothing, and must be something")
                }
                (SUBJECT, Ok(Value::String(subject))) if subject.len() > LONGEST_SUBJECT => {
                    format!("{name} comes to {} bytes, and may have {LONGEST_SUBJECT}", subject.len())
                }
                (_, Ok(Value::String(_))) | ("google.groups", Ok(Value::Array(_))) => continue,
                _ => format!("{name} comes to something else than text"),
            };
            let place = mapping.key(name).map_or_else(|| mapping.place(), |node| node.place());
            let got = value.as_ref().ok().map(shown).into_iter().collect();
            let claim = self.claims_of(name).first().cloned();
            findings.push(Finding { got, claim, ..Finding::new(place, problem) }.there(suggestion(name)));
        }
        findings
    }

    /// The attributes under `prefix`, as an object for conditions to look at.
    pub(super) fn under(&self, prefix: &str) -> Value {
        let known = self.mapped.iter();
        let known =
            known.filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value.as_ref().ok()?)));
        Value::Object(known.map(|(name, value)| (name.to_owned(), value.clone())).collect::<Map<_, _>>())
    }

    /// The text of one, if it could be mapped.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.mapped.get(name)?.as_ref().ok()?.as_str()
    }

    /// The texts of a list.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        let list = self.mapped.get(name).and_then(|value| value.as_ref().ok()).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The claims that an attribute is made of.
    pub(super) fn claims_of(&self, name: &str) -> &[String] {
        self.claims.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

fn claims_in(text: &str) -> Vec<String> {
    let members = Parsed::new(text).map(|parsed| parsed.looks_at()).unwrap_or_default();
    members.into_iter().filter(|(root, _)| root == "assertion").map(|(_, name)| name).collect()
}

fn suggestion(name: &str) -> String {
    match name {
        SUBJECT => {
            "map a claim that the token has and that is short enough, for instance with extract()".to_owned()
        }
        _ => format!("{name}=has(assertion.CLAIM) ? assertion.CLAIM : \"\""),
    }
}

pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
