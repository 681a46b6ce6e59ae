//! The keys of a secret, `[[vault.NAME.secrets]]`: what is read, what it is called and how often it is looked at, and the
//! file it goes to. Each of the three is read by its own type.

use std::rc::Rc;

use evercred_core::{BuildError, Configured, Environment, HumanDuration, SecretRequest};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::common;
use super::kind::Kind;
use super::problem::Problem;
use super::schema::Schemas;
use super::tree::{self, Section};
use crate::hooks::{self, Hook};
use crate::login::{OnExpiry, Policy};
use crate::outputs::{Output, SecretContext, secret_file};

const REQUEST: Kind<SecretRequest, ()> = Kind::of::<SecretRequest>("secret");
const ITSELF: Kind<Itself, Environment> = Kind::of::<Config>("secret");
const FILE: Kind<Vec<Box<dyn Output>>, SecretContext> = secret_file::KIND;

/// What a secret is called, its policy, and its hooks.
#[derive(Debug)]
pub(crate) struct Itself {
    pub(crate) name: Option<String>,
    pub(crate) policy: Policy,
    pub(crate) hooks: Vec<Hook>,
}

/// What is read, as `secret` has it.
pub(crate) fn request(schemas: &Schemas, secret: &Section<'_>) -> Result<SecretRequest, Vec<Problem>> {
    REQUEST.build(schemas, &only(secret, &keys(&REQUEST.schema(schemas))), &[], &())
}

/// What it is called, its policy, and its hooks, which run in `environment`.
pub(crate) fn itself(
    schemas: &Schemas,
    secret: &Section<'_>,
    environment: &Environment,
) -> Result<Itself, Vec<Problem>> {
    ITSELF.build(schemas, &only(secret, &keys(&ITSELF.schema(schemas))), &[], environment)
}

/// The file it goes to. A key that nobody knows is noticed here.
pub(crate) fn file(
    schemas: &Schemas,
    secret: &Section<'_>,
    context: &SecretContext,
) -> Result<Vec<Box<dyn Output>>, Vec<Problem>> {
    let others = [keys(&REQUEST.schema(schemas)), keys(&ITSELF.schema(schemas))].concat();
    let beside: Vec<&str> = others.iter().map(String::as_str).collect();
    FILE.build(schemas, &tree::without(secret, |key| beside.contains(&key)), &beside, context)
}

/// The schema of all secrets of a login.
pub(crate) fn schema(schemas: &Schemas) -> Value {
    json!({
        "description": "Secrets that are read with this login and kept fresh, each in a file of its own.",
        "type": "array",
        "items": *one(schemas),
        "default": [],
    })
}

/// The schema of one.
pub(crate) fn one(schemas: &Schemas) -> Rc<Value> {
    schemas.made_once::<Itself>(|| whole(schemas))
}

fn whole(schemas: &Schemas) -> Value {
    let mut whole = Value::clone(&FILE.schema(schemas));
    for part in [ITSELF.schema(schemas), REQUEST.schema(schemas)] {
        let more = part["properties"].as_object().cloned().unwrap_or_else(Map::new);
        if let Some(properties) = whole["properties"].as_object_mut() {
            properties.extend(more);
        }
    }
    whole["description"] = Value::from("A secret, and the file it is kept in.");
    whole
}

fn keys(schema: &Value) -> Vec<String> {
    super::schema::keys(schema).map(str::to_owned).collect()
}

fn only<'t>(secret: &Section<'t>, keys: &[String]) -> Section<'t> {
    tree::without(secret, |key| !keys.iter().any(|known| known == key))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// What it is called: the secret `app` of the login `vault.default` is `vault.default.app`. By default the last
    /// part of `path`, or the name of `file` without its extension.
    name: Option<String>,
    /// The longest time between two looks at a secret that has no end, because somebody may change it: `"5m"` if not
    /// set. One that ends is replaced, or renewed, at half of its life at the latest.
    refresh_every: Option<HumanDuration>,
    /// What becomes of the file when the secret has ended and no new one can be had.
    #[serde(default)]
    on_expiry: OnExpiry,
    /// Whom to tell when the file changed, or when the secret begins to fail or is fresh again.
    #[serde(default)]
    hooks: Vec<hooks::Config>,
}

impl Configured<Environment> for Config {
    type Built = Itself;

    fn build(self, environment: &Environment) -> Result<Itself, BuildError> {
        if let Some(message) = self.name.as_deref().and_then(|name| crate::login::check_name(name).err()) {
            return Err(BuildError::at("name", message).hint(
                "A name has up to 64 letters, digits, `_`, `.` and `-`, and does not begin with a dot.",
            ));
        }
        let policy = common::policy(self.refresh_every, self.on_expiry)?;
        Ok(Itself { name: self.name, policy, hooks: hooks::build(self.hooks, environment)? })
    }
}
