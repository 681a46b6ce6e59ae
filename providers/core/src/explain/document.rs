//! A JSON document that a finding can point into: by path and by line.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::position;

/// A rule's text, and what it says.
#[derive(Debug, Clone)]
pub struct Document {
    name: String,
    text: String,
    value: Value,
}

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct DocumentError {
    /// The document.
    pub name: String,
    /// What is wrong with it: a fragment without a period.
    pub problem: String,
    /// What would be right: a full sentence.
    pub hint: String,
}

/// A clause's place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The document; empty if the clause stands in none.
    pub file: String,
    /// The way to it, such as `Statement[0].Condition.StringEquals["idp.example:sub"]`.
    pub path: String,
    /// Its line, counted from one.
    pub line: Option<usize>,
}

/// A value in a document, and the way to it.
#[derive(Debug, Clone)]
pub struct Node<'d> {
    document: &'d Document,
    value: &'d Value,
    path: Vec<Step<'d>>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'d> {
    Key(&'d str),
    Index(usize),
}

impl Document {
    /// Reads JSON.
    pub fn parse(name: impl Into<String>, text: impl Into<String>) -> Result<Self, DocumentError> {
        let (name, text) = (name.into(), text.into());
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        match serde_json::from_str(&text) {
            Ok(value) => Ok(Self { name, text, value }),
            Err(error) => Err(DocumentError {
                name,
                problem: format!("it is not JSON: {error}"),
                hint: "Have the vendor's command line print it as JSON, and save that as it is.".to_owned(),
            }),
        }
    }

    /// The whole.
    pub fn root(&self) -> Node<'_> {
        Node { document: self, value: &self.value, path: Vec::new() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// That it cannot be used.
    pub fn unusable(&self, problem: impl Into<String>, hint: impl Into<String>) -> DocumentError {
        DocumentError { name: self.name.clone(), problem: problem.into(), hint: hint.into() }
    }
}

impl<'d> Node<'d> {
    /// What stands there.
    pub fn value(&self) -> &'d Value {
        self.value
    }

    /// The document that it stands in.
    pub fn document(&self) -> &'d Document {
        self.document
    }

    /// A member that is there and not null.
    pub fn key(&self, key: &str) -> Option<Self> {
        let (key, value) = self.value.as_object()?.get_key_value(key)?;
        (!value.is_null()).then(|| self.step(Step::Key(key), value))
    }

    /// The member at the end of a way of keys.
    pub fn at(&self, keys: &[&str]) -> Option<Self> {
        keys.iter().try_fold(self.clone(), |node, key| node.key(key))
    }

    /// All members, in the order of their names.
    pub fn members(&self) -> Vec<(&'d str, Self)> {
        let members = self.value.as_object().into_iter().flatten();
        members.map(|(key, value)| (key.as_str(), self.step(Step::Key(key), value))).collect()
    }

    /// The items of a list, or else the one value itself.
    pub fn items(&self) -> Vec<Self> {
        match self.value {
            Value::Array(items) => {
                items.iter().enumerate().map(|(at, value)| self.step(Step::Index(at), value)).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// Text.
    pub fn text(&self) -> Option<&'d str> {
        self.value.as_str()
    }

    /// Text, or a list of it.
    pub fn texts(&self) -> Vec<&'d str> {
        match self.value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            value => value.as_str().into_iter().collect(),
        }
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        Place { file: self.document.name.clone(), path: self.path(), line: self.line() }
    }

    fn step(&self, step: Step<'d>, value: &'d Value) -> Self {
        let path = self.path.iter().copied().chain([step]).collect();
        Self { document: self.document, value, path }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            // Writing to a string does not fail.
            let _ = match step {
                Step::Index(at) => write!(path, "[{at}]"),
                Step::Key(key) if is_word(key) && path.is_empty() => write!(path, "{key}"),
                Step::Key(key) if is_word(key) => write!(path, ".{key}"),
                Step::Key(key) => write!(path, "[{key:?}]"),
            };
        }
        path
    }

    fn line(&self) -> Option<usize> {
        let text = self.document.text.as_str();
        let at = self.path.iter().try_fold(position::first(text), |at, step| match step {
            Step::Key(key) => position::member(text, at, key),
            Step::Index(index) => position::item(text, at, *index),
        })?;
        Some(text.get(..at)?.matches('\n').count() + 1)
    }
}

fn is_word(key: &str) -> bool {
    key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n  \"a\": {\"x:y\": 1},\n  \"list\": [\n    \"one\",\n    {\"b\": \"two\"}\n  ]\n}";

    #[test]
    fn a_value_is_found_by_path_and_by_line() {
        let document = Document::parse("f", TEXT).unwrap();
        let place = |node: Option<Node<'_>>| {
            let place = node.unwrap().place();
            (place.path, place.line)
        };
        let root = document.root();
        assert_eq!(place(root.at(&["a", "x:y"])), ("a[\"x:y\"]".to_owned(), Some(2)));
        let second = root.key("list").unwrap().items().swap_remove(1);
        assert_eq!(place(second.key("b")), ("list[1].b".to_owned(), Some(5)));
        assert!(root.key("none").is_none());
    }

    #[test]
    fn what_is_not_json_is_refused_with_the_remedy() {
        let error = Document::parse("f", "Statement: x").unwrap_err();
        assert!(error.to_string().starts_with("f: it is not JSON") && error.hint.contains("command line"));
    }
}
