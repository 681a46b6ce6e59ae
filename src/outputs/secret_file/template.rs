//! Jinja templates, by minijinja, strictly: a name that is not there is an error and not an empty place.
//!
//! What an error of the engine tells may hold a value, so of one that comes up while rendering only its kind and its line
//! are passed on, with that line of the template.

use evercred_core::BuildError;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value as Any};
use serde_json::{Map, Value};

use super::{Misfit, names_there_are};

/// A template whose syntax is right. Only its text is kept: to compile it takes less than to write the file.
#[derive(Debug)]
pub(super) struct Template(String);

impl Template {
    /// The template that is the value of config's `key`, or in the file that it names.
    pub(super) fn new(key: &'static str, text: String) -> Result<Self, BuildError> {
        match environment().template_from_str(&text).map(drop) {
            Ok(()) => Ok(Self(text)),
            Err(error) => {
                let line = error.line().unwrap_or(1);
                let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
                Err(BuildError::at(key, format!("line {line} of the template is wrong: {what}"))
                    .hint("Templates are written as for Jinja: {{ name }}, {% if name %} … {% endif %}."))
            }
        }
    }

    pub(super) fn render(&self, data: &Map<String, Value>) -> Result<String, Misfit> {
        let mut names = data.clone();
        names.entry("data").or_insert_with(|| Value::Object(data.clone()));
        let environment = environment();
        let rendered =
            environment.template_from_str(&self.0).and_then(|template| template.render(Serde(&names)));
        rendered.map_err(|error| self.misfit(&error, data))
    }

    fn misfit(&self, error: &minijinja::Error, data: &Map<String, Value>) -> Misfit {
        let number = error.line().unwrap_or(1);
        let line = self.0.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim();
        match error.kind() {
            ErrorKind::UndefinedError => Misfit::new(
                format!("line {number} of the template uses a name that is not there: {line}"),
                names_there_are(data),
            ),
            kind => Misfit::new(
                format!("line {number} of the template cannot be rendered, {kind}: {line}"),
                "Correct the template; `evercred config check` finds mistakes of syntax only.",
            ),
        }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    // A file ends as its template does. The default delimiters are no mistake.
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    // For strings inside of JSON and YAML. minijinja's own is made for HTML.
    environment.add_filter("tojson", |value: Any| serde_json::to_string(&value).unwrap_or_default());
    environment
}
