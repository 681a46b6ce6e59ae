//! Artifacts as templates in which nothing can be left unquoted.
//!
//! What stands in an artifact comes from a token, and parts of a token are chosen by those who use the platform, such as
//! the name of a branch. So the dialect of a template decides how every value is written, and a template has no way
//! around it but `comment`, which cannot leave its line. (`at` writes an expression of HCL at a depth.) JSON is never a template: it is serialised.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value as Any};
use serde_json::Value;

use crate::{Advice, Failure};

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// As one word of a shell; structures as JSON.
    Shell,
    /// As an expression of Terraform's language, at the depth of two spaces.
    Hcl,
}

/// Fills the template in.
pub fn render(dialect: Dialect, template: &str, values: &Value) -> Result<String, Failure> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    // The default delimiters are no mistake.
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment.add_filter("comment", |text: String| Any::from_safe_string(comment(&text)));
    environment.add_filter("at", |value: Any, depth: usize| {
        let value = serde_json::to_value(&value).unwrap_or_default();
        Any::from_safe_string(expression(&value, depth))
    });
    environment.set_formatter(move |out, _, value: &Any| {
        if value.is_safe() {
            return write!(out, "{value}").map_err(Error::from);
        }
        let value = serde_json::to_value(value)
            .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
        write!(out, "{}", dialect.written(&value)).map_err(Error::from)
    });
    let rendered = environment
        .template_from_str(template)
        .and_then(|template| template.render(minijinja::value::Serde(values)));
    rendered.map_err(|error| {
        Failure::new("write the artifact", "", Advice::NeedsAttention).message(error.to_string())
    })
}

/// A document of its own.
pub fn json(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

impl Dialect {
    /// How `value` is written.
    pub fn written(self, value: &Value) -> String {
        match (self, value) {
            (Self::Shell, Value::String(text)) => word(text),
            (Self::Shell, Value::Object(_) | Value::Array(_)) => {
                word(&serde_json::to_string_pretty(value).unwrap_or_default())
            }
            (Self::Shell, other) => word(&other.to_string()),
            (Self::Hcl, value) => expression(value, 2),
        }
    }
}

/// One word for any POSIX shell: plain if nothing in it means anything, or else between single quotes.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// An expression of HCL (<https://developer.hashicorp.com/terraform/language/expressions>), laid out as `terraform fmt`
/// has it.
fn expression(value: &Value, depth: usize) -> String {
    let (inner, outer) = (" ".repeat(depth + 2), " ".repeat(depth));
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Vec<_> = items.iter().map(|item| expression(item, depth)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| format!("{inner}{},\n", expression(item, depth + 2)));
            format!("[\n{}{outer}]", items.collect::<String>())
        }
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (quoted(key), expression(value, depth + 2)));
            format!("{{\n{}{outer}}}", aligned(&entries.collect::<Vec<_>>(), &inner))
        }
        other => other.to_string(),
    }
}

/// Lines whose equals signs stand below one another, except beside a value of several lines.
fn aligned(entries: &[(String, String)], indent: &str) -> String {
    let is_line = |(_, value): &(String, String)| !value.contains('\n');
    let groups = entries.chunk_by(|one, next| is_line(one) && is_line(next));
    let lines = groups.flat_map(|group| {
        let width = group.iter().map(|(key, _)| key.chars().count()).max().unwrap_or_default();
        group.iter().map(move |(key, value)| format!("{indent}{key:width$} = {value}\n"))
    });
    lines.collect()
}

/// A string of HCL, in which `${` and `%{` would begin a template.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => quoted.extend([c, c]),
            c if c.is_control() => quoted.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Text that stays in its line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_word_of_the_shell_is_one_word_whatever_stands_in_it() {
        assert_eq!(word("refs/heads/main"), "refs/heads/main");
        assert_eq!(word(""), "''");
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("it's $(id) `id` \"x\""), r#"'it'\''s $(id) `id` "x"'"#);
        assert_eq!(word("~"), "'~'");
    }

    #[test]
    fn a_string_of_terraform_is_no_template() {
        assert_eq!(quoted(r#"a"b\c${d}%{e}$f"#), r#""a\"b\\c$${d}%%{e}$f""#);
        assert_eq!(quoted("$${x}"), r#""$$${x}""#, "only the dollar before the brace begins something");
        assert_eq!(quoted("a\nb\u{7}"), r#""a\nb\u0007""#);
    }

    #[test]
    fn a_template_quotes_what_it_is_given_and_a_comment_stays_in_its_line() {
        let values = json!({"name": "a b", "why": "one\nrm -rf /", "policy": {"b": ["c"]}});
        let text = "# {{ why|comment }}\nrun {{ name }} {{ policy }}\n";
        let shell = render(Dialect::Shell, text, &values).unwrap();
        assert_eq!(shell, "# one rm -rf /\nrun 'a b' '{\n  \"b\": [\n    \"c\"\n  ]\n}'\n");
        let hcl = render(Dialect::Hcl, "x = {{ policy }}\n", &values).unwrap();
        assert_eq!(hcl, "x = {\n    \"b\" = [\"c\"]\n  }\n");
        assert!(render(Dialect::Hcl, "{{ nothing }}", &values).is_err());
    }
}
