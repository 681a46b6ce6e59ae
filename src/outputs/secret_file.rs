//! The file of a secret: its data as JSON, as variables, as one bare value, as PEM, or as a template has it.
//!
//! A secret is not a list of known fields, as a login's credential is, but an object of whatever somebody stored; so what
//! does not fit turns up only when it is rendered. The old file stays then, and the error says which names there are,
//! and never a value.

mod dotenv;
mod pem;
mod template;

use evercred_core::{Advice, BuildError, Configured, Credential, Environment, Failure, Field};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::pem::PemPart;
use self::template::Template;
use super::mode::Mode;
use super::whole_file::{Document, WholeFile, absolute};
use super::{Output, required};
use crate::config::kind::Kind;
use crate::files::{Owner, Target};

pub(crate) use dotenv::value as dotenv_value;

/// The only output of a secret.
pub(crate) const KIND: Kind<Vec<Box<dyn Output>>, SecretContext> = Kind::of::<Config>("secret");

/// What the file of a secret may know besides its own config.
#[derive(Debug, Clone)]
pub(crate) struct SecretContext {
    /// The environment variables.
    pub(crate) environment: Environment,
    /// Whose the file is, if not of the user that runs evercred.
    pub(crate) owner: Option<Owner>,
    /// What is in the file that `template_file` names.
    pub(crate) template: Option<String>,
    /// Whether it has several reads, by name.
    pub(crate) is_composed: bool,
}

/// The file that a secret is kept in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Where the file is, absolute or with `~/`.
    file: String,
    /// The file's permission bits, `"0600"` if not set.
    mode: Option<Mode>,
    /// How the secret is written. By default `template` or `raw`, if there is a template or a `field`, and else `json`.
    format: Option<Format>,
    /// Of the format `raw`: the field to write, `"password"`, or `"db.password"` of several reads.
    field: Option<String>,
    /// Of the format `pem`: what is written, in this order. By default all of these that there are.
    contents: Option<Vec<PemPart>>,
    /// Of the format `template`: a Jinja template, in which each field is a variable, as `{{ password }}`, or
    /// `{{ db.password }}` of several reads; `data` has all of them. A name that is not there is an error.
    template: Option<String>,
    /// The same in a file of its own, absolute or with `~/`: a part of the config, read again when it changes.
    template_file: Option<String>,
}

/// How a secret is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Format {
    /// A JSON object.
    Json,
    /// `NAME=value` lines, for shells, systemd and `.env` readers.
    Dotenv,
    /// One field, and not even a final newline.
    Raw,
    /// A certificate with its chain and its key.
    Pem,
    /// A Jinja template.
    Template,
}

impl Configured<SecretContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &SecretContext) -> Result<Self::Built, BuildError> {
        let path = absolute("file", context.environment.expand(&self.file))?;
        let target = Target::new(path, self.mode.unwrap_or(Mode::PRIVATE).bits()).owned_by(context.owner);
        let document = self.document(context)?;
        Ok(vec![Box::new(WholeFile { target, needs: vec![Field::DATA], document })])
    }
}

impl Config {
    fn document(self, context: &SecretContext) -> Result<SecretDocument, BuildError> {
        let has_template = self.template.is_some() || self.template_file.is_some();
        let format = match self.format {
            Some(format) => format,
            None if has_template => Format::Template,
            None if self.field.is_some() => Format::Raw,
            None => Format::Json,
        };
        self.check_beside(format)?;
        Ok(match format {
            Format::Json => SecretDocument::Json,
            Format::Dotenv => SecretDocument::Dotenv { is_composed: context.is_composed },
            Format::Raw => SecretDocument::Raw(self.field.ok_or_else(|| {
                BuildError::at("format", "the format `raw` writes one field, and there is no `field`")
                    .hint("Write field = \"password\", or the name that the field has.")
            })?),
            Format::Pem if context.is_composed => {
                return Err(BuildError::at("format", "the format `pem` is for a secret of one read")
                    .hint("Write `path` instead of `reads`, or use a template."));
            }
            Format::Pem => SecretDocument::Pem(self.contents),
            Format::Template => SecretDocument::Template(self.template(context)?),
        })
    }

    fn template(self, context: &SecretContext) -> Result<Template, BuildError> {
        match (self.template, self.template_file, &context.template) {
            (Some(_), Some(_), _) => Err(BuildError::at("template_file", "there is a `template` beside it")
                .hint("Leave one of the two out.")),
            (Some(text), None, _) => Template::new("template", text),
            (None, Some(_), Some(text)) => Template::new("template_file", text.clone()),
            // That it cannot be read was noted by who tried.
            (None, Some(_), None) => Template::new("template_file", String::new()),
            (None, None, _) => {
                Err(BuildError::at("format", "there is no template")
                    .hint("Write `template` or `template_file`."))
            }
        }
    }

    /// A key of another format than the one that counts.
    fn check_beside(&self, format: Format) -> Result<(), BuildError> {
        let keys = [
            ("field", self.field.is_some(), Format::Raw),
            ("contents", self.contents.is_some(), Format::Pem),
            ("template", self.template.is_some(), Format::Template),
            ("template_file", self.template_file.is_some(), Format::Template),
        ];
        match keys.into_iter().find(|(_, is_there, of)| *is_there && *of != format) {
            Some((key, ..)) => Err(BuildError::at(key, format!("`{key}` is of another format"))
                .hint("Correct `format`, or leave it out.")),
            None => Ok(()),
        }
    }
}

/// What stands in the file.
#[derive(Debug)]
enum SecretDocument {
    Json,
    Dotenv { is_composed: bool },
    Raw(String),
    Pem(Option<Vec<PemPart>>),
    Template(Template),
}

impl Document for SecretDocument {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        let place = target.path.display();
        let text = required(credential, Field::DATA, place)?.expose();
        let data: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let written = match self {
            Self::Json => serde_json::to_string_pretty(&data).map(|text| text + "\n").map_err(|_| Misfit {
                message: "it cannot be written as JSON".to_owned(),
                hint: String::new(),
            }),
            Self::Dotenv { is_composed } => dotenv::write(&data, *is_composed),
            Self::Raw(field) => raw(&data, field),
            Self::Pem(contents) => pem::write(&data, contents.as_deref()),
            Self::Template(template) => template.render(&data),
        };
        written.map(String::into_bytes).map_err(|misfit| {
            Failure::new("render the secret", target.path.display().to_string(), Advice::NeedsAttention)
                .message(misfit.message)
                .hint(misfit.hint)
        })
    }
}

/// A secret that is not what its format needs. It names fields, and never says what is in them.
#[derive(Debug, PartialEq, Eq)]
struct Misfit {
    message: String,
    hint: String,
}

impl Misfit {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

fn raw(data: &Map<String, Value>, field: &str) -> Result<String, Misfit> {
    let value = find(data, field)
        .ok_or_else(|| Misfit::new(format!("the secret has no field `{field}`"), names_there_are(data)))?;
    text(value).ok_or_else(|| {
        Misfit::new(
            format!("the field `{field}` is not one value"),
            "Name one of its parts, as in \"db.password\".",
        )
    })
}

/// The field of that name, which may have dots in it, or lead into an object.
fn find<'d>(data: &'d Map<String, Value>, name: &str) -> Option<&'d Value> {
    data.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        find(data.get(first)?.as_object()?, rest)
    })
}

/// One value as text; nothing, if it is several.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// So many names help; more are a wall of text.
const MOST_NAMES: usize = 20;

/// The hint that names the fields, with those of objects one level deep.
fn names_there_are(data: &Map<String, Value>) -> String {
    let inner = |(name, value): (&String, &Value)| match value {
        Value::Object(fields) => fields.keys().map(|field| format!("{name}.{field}")).collect(),
        _ => vec![name.clone()],
    };
    let names: Vec<String> = data.iter().flat_map(inner).collect();
    match names.len() {
        0 => "The secret is empty.".to_owned(),
        1..=MOST_NAMES => format!("There are: {}.", names.join(", ")),
        count => format!("There are: {}, and {} more.", names[..MOST_NAMES].join(", "), count - MOST_NAMES),
    }
}

#[cfg(test)]
mod tests;
