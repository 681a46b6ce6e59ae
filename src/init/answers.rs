//! What is known of the keys of a config that is to be made.

use std::collections::BTreeMap;

use evercred_core::{Environment, Question};

/// A key's value, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value, as TOML.
    pub toml: String,
    /// The variable that it was in, if it was in one.
    pub variable: Option<&'static str>,
}

impl Value {
    /// What somebody wrote: TOML, if it is a number, a truth value, a list or a table; or else a string.
    pub fn written(text: &str) -> Self {
        let text = text.trim();
        let parsed = toml::from_str::<toml::Table>(&format!("value = {text}")).ok();
        let is_string = parsed.is_none_or(|table| table.get("value").is_none_or(toml::Value::is_str));
        let toml = if is_string { quoted(text.trim_matches('"')) } else { text.to_owned() };
        Self { toml, variable: None }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// What was said, by table and key, such as `aws.role_arn` or `source.path`.
#[derive(Debug, Clone, Default)]
pub struct Answers(BTreeMap<(String, String), Value>);

impl Answers {
    /// Reads `TABLE.KEY=VALUE`.
    pub fn set(&mut self, assignment: &str) -> Result<(), String> {
        let parsed = assignment.split_once('=').and_then(|(name, value)| {
            let (table, key) = name.trim().split_once('.')?;
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let sound = !key.is_empty() && key.chars().all(is_plain);
            sound.then(|| (table.to_owned(), key.to_owned(), value))
        });
        let (table, key, value) = parsed.ok_or_else(|| format!("{assignment:?} is not TABLE.KEY=VALUE"))?;
        self.0.insert((table, key), Value::written(value));
        Ok(())
    }

    /// Notes an answer.
    pub fn insert(&mut self, table: &str, key: &str, value: Value) {
        self.0.insert((table.to_owned(), key.to_owned()), value);
    }

    /// The keys of `table`, by name.
    pub fn table(&self, table: &str) -> impl Iterator<Item = (&str, &Value)> {
        let of_table = self.0.iter().filter(move |((name, _), _)| name == table);
        of_table.map(|((_, key), value)| (key.as_str(), value))
    }

    /// The tables that something was said of.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|(table, _)| table.as_str())
    }

    /// What was said, or else what the environment says.
    pub fn of(&self, table: &str, question: &Question, environment: &Environment) -> Option<Value> {
        if let Some(said) = self.0.get(&(table.to_owned(), question.key.to_owned())) {
            return Some(said.clone());
        }
        let set = |name: &&str| environment.get(name).is_some_and(|value| !value.trim().is_empty());
        let variable = question.variables.iter().copied().find(set)?;
        Some(Value { toml: quoted(environment.get(variable)?.trim()), variable: Some(variable) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_toml_is_a_string() {
        for (text, toml) in [
            ("arn:aws:iam::123456789012:role/dev", "\"arn:aws:iam::123456789012:role/dev\""),
            ("\"dev\"", "\"dev\""),
            ("8h", "\"8h\""),
            ("true", "true"),
            ("[\"a\", \"b\"]", "[\"a\", \"b\"]"),
            ("a\"b", "'a\"b'"),
        ] {
            assert_eq!(Value::written(text).toml, toml, "{text}");
        }
    }

    #[test]
    fn an_answer_goes_before_a_variable() {
        let question =
            Question { key: "address", meaning: "", example: "", variables: &["A", "B"], required: true };
        let environment: Environment = [("A", " "), ("B", "https://b")].into_iter().collect();
        let mut answers = Answers::default();
        assert_eq!(answers.of("vault", &question, &environment).unwrap().variable, Some("B"));
        answers.set("vault.address=https://said").unwrap();
        assert_eq!(answers.of("vault", &question, &environment).unwrap().toml, "\"https://said\"");
        for wrong in ["vault", "vault=x", "vault.=x", "vault.a b=x"] {
            answers.set(wrong).unwrap_err();
        }
    }
}
