//! What cannot be told from a token.

use std::collections::BTreeMap;

/// Something that only people know.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// Its name, in lower case with underscores. Artifacts have a variable of that name.
    pub name: &'static str,
    /// What it is, and where to find it, in plain words: the end of the sentence "Set … to …".
    pub what: &'static str,
    /// What it is unless somebody says otherwise.
    pub usual: Usual,
    /// Whether a text can be one.
    pub fits: fn(&str) -> bool,
}

/// What an input is of which nobody says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usual {
    /// This.
    Is(&'static str),
    /// Nothing, and nothing is missing.
    Nothing,
    /// Nobody knows: the artifact asks, and does nothing before it is told.
    Unknown,
}

/// What people said, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(BTreeMap<String, String>);

impl Inputs {
    /// What was said of `name`.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// What counts for `input`.
    pub fn get(&self, input: &'static Input) -> Option<&str> {
        let usual = match input.usual {
            Usual::Is(text) => Some(text),
            Usual::Nothing | Usual::Unknown => None,
        };
        self.said(input.name).or(usual)
    }

    /// What counts for `input`, which is never unknown.
    pub fn value(&self, input: &'static Input) -> &str {
        self.get(input).unwrap_or_default()
    }

    /// Those of `inputs` that nobody knows.
    pub fn missing(&self, inputs: &'static [Input]) -> Vec<&'static Input> {
        let unknown = |input: &&Input| input.usual == Usual::Unknown && self.said(input.name).is_none();
        inputs.iter().filter(unknown).collect()
    }

    /// Notes it; what was said before stays.
    pub fn add(&mut self, name: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.0.entry(name.to_owned()).or_insert_with(|| value.into());
        }
    }

    /// These, and of `others` what these do not say.
    #[must_use]
    pub fn or(mut self, others: Self) -> Self {
        others.0.into_iter().for_each(|(name, value)| self.add(&name, Some(value)));
        self
    }

    /// Their names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Whether `text` is 1 to `longest` of the characters that `allowed` takes.
pub fn made_of(text: &str, longest: usize, allowed: fn(char) -> bool) -> bool {
    (1..=longest).contains(&text.len()) && text.chars().all(allowed)
}
