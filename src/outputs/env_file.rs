//! `env-file`: environment variables, a line each.
//!
//! Shells, systemd and Docker read such files by different rules: Docker takes quotes for a part of the value, the
//! others need them around special characters. Values of the clouds have no such characters and mean the same to
//! all, without quotes. For any other value the reader has to be known: `export = true` says that it is a shell.

use std::collections::BTreeMap;

use evercred_core::{Advice, BuildError, Configured, Credential, Failure, Field};
use schemars::JsonSchema;
use serde::Deserialize;

use super::field_choice::choose;
use super::mode::Mode;
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, Readers, Way, required, way};
use crate::files::Target;

/// A file of `NAME=value` lines, for `docker run --env-file`, systemd's `EnvironmentFile=`, or a shell.
///
/// A running program never sees a change of its environment, so this is for short commands only.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// Where the file is, absolute or with `~/`; `LOGIN.env` in the state folder if not set.
    path: Option<String>,
    /// The file's permission bits, `"0600"` if not set.
    mode: Option<Mode>,
    /// The variables and the field that each gets; if not set, those that programs of this provider read.
    variables: Option<BTreeMap<String, String>>,
    /// Whether each line begins with `export `, for shells. Values are then quoted where they have to be. Without
    /// it, a value that would need quotes is refused, because Docker has none.
    export: bool,
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let is_own = self.variables.is_some();
        let variables = match self.variables {
            Some(own) => {
                own.into_iter().map(|pair| variable(pair, context)).collect::<Result<Vec<_>, _>>()?
            }
            None => usual(context)?,
        };
        let target = target(self.path.as_deref(), self.mode, "env", context)?;
        let mut file = file(target, variables, self.export);
        file.document.is_own = is_own;
        Ok(vec![Box::new(file)])
    }
}

/// A file of such lines.
pub(super) fn file(target: Target, variables: Vec<Variable>, export: bool) -> WholeFile<Variables> {
    let needs = variables.iter().filter_map(|variable| match variable.value {
        Value::Of { field, needed: true } => Some(field),
        _ => None,
    });
    WholeFile { target, needs: needs.collect(), document: lines(variables, export) }
}

/// What stands in it; each line begins with `export ` on request.
pub(super) fn lines(variables: Vec<Variable>, export: bool) -> Variables {
    Variables { lines: variables, export, is_own: false }
}

/// One line.
#[derive(Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: Value,
}

/// What a variable says.
#[derive(Debug)]
pub(super) enum Value {
    /// The same whatever the credential.
    Fixed(String),
    /// A field of the credential.
    Of {
        field: Field,
        /// Whether the variable is left out of a credential without the field, or that is an error.
        needed: bool,
    },
}

fn variable((name, field): (String, String), context: &OutputContext) -> Result<Variable, BuildError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(plain) {
        return Err(BuildError::at(
            "variables",
            format!("`{name}` is not the name of an environment variable"),
        )
        .hint("Use letters, digits and `_`, and no digit first."));
    }
    Ok(Variable { name, value: Value::Of { field: choose("variables", &field, context)?, needed: true } })
}

fn usual(context: &OutputContext) -> Result<Vec<Variable>, BuildError> {
    if context.variables.is_empty() {
        return Err(BuildError::at("variables", "is missing, and this provider has no usual variables")
            .hint("Add `variables = { NAME = \"field\" }` to this output."));
    }
    Ok(of_provider(context).collect())
}

/// The variables that programs of the login's provider read.
pub(super) fn of_provider(context: &OutputContext) -> impl Iterator<Item = Variable> {
    context.variables.iter().map(|(name, field)| Variable {
        name: (*name).to_owned(),
        value: Value::Of { field: *field, needed: context.provides.contains(field) },
    })
}

/// The same variables for programs that go on working by them, as far as they are known without a credential.
pub(super) fn way(readers: Readers, variables: &[Variable], context: &OutputContext) -> Way {
    let add = |way: Way, variable: &Variable| match &variable.value {
        Value::Fixed(text) => way.with(&variable.name, text),
        Value::Of { field, .. } => way.with_known(&variable.name, *field, context),
    };
    variables.iter().fold(Way::refreshing(readers), add)
}

/// The lines.
#[derive(Debug)]
pub(super) struct Variables {
    lines: Vec<Variable>,
    export: bool,
    /// Whether the user chose them, so that no provider knows them.
    is_own: bool,
}

impl Document for Variables {
    fn environment(&self) -> Option<Way> {
        let told = |variable: &Variable| way::Variable {
            name: variable.name.clone(),
            value: match &variable.value {
                Value::Fixed(text) => way::Value::Plain(text.clone()),
                Value::Of { field, .. } => way::Value::Secret(*field),
            },
        };
        let variables = self.lines.iter().map(told).collect();
        self.is_own.then_some(Way { readers: Readers::Own, refreshes: false, variables })
    }

    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        let mut file = String::new();
        for Variable { name, value } in &self.lines {
            let value = match value {
                Value::Fixed(text) => text,
                Value::Of { field, needed: false } if credential.field(*field).is_none() => continue,
                Value::Of { field, .. } => required(credential, *field, target.path.display())?.expose(),
            };
            match (is_plain(value), self.export) {
                (true, false) => file.extend([name, "=", value, "\n"]),
                (true, true) => file.extend(["export ", name, "=", value, "\n"]),
                (false, true) => file.extend(["export ", name, "=", &quoted(value), "\n"]),
                (false, false) => return Err(ambiguous(name, target)),
            }
        }
        Ok(file.into_bytes())
    }
}

/// Whether the value means itself to every reader, without quotes.
pub(super) fn is_plain(value: &str) -> bool {
    value.chars().all(|c| c.is_ascii_alphanumeric() || "_-./+=:@%,".contains(c))
}

/// The value as a shell takes it literally, line breaks included.
pub(crate) fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

fn ambiguous(name: &str, target: &Target) -> Failure {
    Failure::new("write the environment file", target.path.display().to_string(), Advice::NeedsAttention)
        .message(format!("the value of {name} has characters that shells and Docker read differently"))
        .hint("Set `export = true` if a shell reads the file, or use the output `json` or `token-file`.")
}

#[cfg(test)]
mod tests {
    use evercred_core::Secret;

    use super::super::testing::{context, credential, text};
    use super::*;

    const FIELD: Field = Field::SESSION_TOKEN;

    fn one(value: &str, export: bool) -> Result<String, Failure> {
        let variables = Some(BTreeMap::from([("TOKEN".to_owned(), FIELD.name().to_owned())]));
        let outputs = Config { variables, export, ..Config::default() }.build(&context()).unwrap();
        outputs[0].render(&credential().with(FIELD, Secret::new(value)), None).map(text)
    }

    #[test]
    fn the_usual_variables_are_written_and_an_absent_optional_one_is_left_out() {
        let outputs = Config::default().build(&context()).unwrap();
        assert_eq!(outputs[0].needs().len(), 3);
        insta::assert_snapshot!(text(outputs[0].render(&credential(), None).unwrap()), @"
        AWS_ACCESS_KEY_ID=ASIAEXAMPLE
        AWS_SECRET_ACCESS_KEY=wJalr/XUtn+FEMI=
        AWS_SESSION_TOKEN=FwoGZXIvYXdzEXAMPLE==
        ");
    }

    #[test]
    fn a_shell_gets_quotes_where_it_needs_them() {
        assert_eq!(one("a+b/c==", true).unwrap(), "export TOKEN=a+b/c==\n");
        assert_eq!(one("it's $1\n", true).unwrap(), "export TOKEN='it'\\''s $1\n'\n");
    }

    #[test]
    fn a_value_that_docker_would_misread_is_refused_and_not_shown() {
        let failure = one("a secret", false).unwrap_err();
        assert!(!failure.to_string().contains("a secret"), "{failure}");
        assert!(failure.remedy().unwrap().contains("export = true"));
    }

    #[test]
    fn names_that_are_no_variables_are_refused() {
        for name in ["", "1A", "A-B", "A=B", "A\nB"] {
            assert!(variable((name.to_owned(), "id_token".to_owned()), &context()).is_err(), "{name:?}");
        }
    }
}
