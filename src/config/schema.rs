//! The JSON schema of the config, from the same types that read it.
//!
//! Schemas of parts are self-contained: definitions stand where they are used, so that a part can be put into a
//! whole, or walked along a table, without following references. Nor do they speak of `null`, which TOML has not.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::common;
use super::kind::Kind;
use super::secret;
use super::tree::Step;
use crate::registry::{ProviderKind, Registry};

/// The schemas of the types that a config is read into, each made once: a config may have hundreds of tables of one kind.
#[derive(Debug, Default)]
pub(crate) struct Schemas(RefCell<BTreeMap<TypeId, Rc<Value>>>);

impl Schemas {
    /// The schema of one type.
    pub(crate) fn of<T: JsonSchema + 'static>(&self) -> Rc<Value> {
        self.made_once::<T>(of::<T>)
    }

    /// What `make` makes for `T`.
    pub(crate) fn made_once<T: 'static>(&self, make: impl FnOnce() -> Value) -> Rc<Value> {
        let known = self.0.borrow().get(&TypeId::of::<T>()).cloned();
        known.unwrap_or_else(|| {
            let schema = Rc::new(make());
            self.0.borrow_mut().insert(TypeId::of::<T>(), Rc::clone(&schema));
            schema
        })
    }
}

/// The schema of a whole config file, for editors and for validation (JSON Schema, draft 2020-12).
pub fn schema(registry: &Registry) -> Value {
    let mut properties = Map::new();
    let schemas = &Schemas::default();
    let default_source =
        one_of(schemas, &registry.sources, "The token source of all logins that name no other.", false);
    properties.insert("source".to_owned(), default_source);
    let sources = one_of(schemas, &registry.sources, "A named token source.", true);
    properties.insert("sources".to_owned(), named("Further token sources, by name.", &sources));
    properties.extend(super::resolve::service_schemas(schemas));
    for provider in &registry.providers {
        let what = format!("Logins at `{}`, by name.", provider.kind.name);
        properties.insert(provider.kind.name.to_owned(), named(&what, &login(schemas, provider, registry)));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "evercred config",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The self-contained schema of one type, with `properties` even if it has no keys.
fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    // The Rust name of the type is nobody's business.
    if let Some(object) = schema.as_object_mut() {
        object.remove("title");
        object.entry("properties").or_insert_with(|| json!({}));
    }
    schema
}

/// The keys that an object schema names.
pub(crate) fn keys(schema: &Value) -> impl Iterator<Item = &str> {
    schema["properties"].as_object().into_iter().flat_map(Map::keys).map(String::as_str)
}

/// The first sentence of a schema's description.
pub(crate) fn summary(schema: &Value) -> Option<String> {
    let text = schema["description"].as_str()?.split("\n\n").next()?.replace('\n', " ");
    let end = text.find(". ").map_or(text.len(), |end| end + 1);
    Some(text[..end].to_owned())
}

/// The part of `schema` that describes what is at `path`.
pub(crate) fn at<'s>(schema: &'s Value, path: &[Step]) -> Option<&'s Value> {
    path.iter().try_fold(schema, |schema, step| match step {
        Step::Key(key) => schema["properties"].get(key).or_else(|| schema.get("additionalProperties")),
        Step::Index(_) => schema.get("items"),
    })
}

/// How a value that `schema` describes is written, or else what it is for.
pub(crate) fn advice(schema: &Value) -> Option<String> {
    schema["examples"].get(0).map(|example| format!("Write it like {example}.")).or_else(|| summary(schema))
}

fn login(schemas: &Schemas, provider: &ProviderKind, registry: &Registry) -> Value {
    let mut schema = Value::clone(&provider.kind.schema(schemas));
    let common = common::schema(schemas);
    let outputs = json!({
        "description": "What is written where: names of outputs, or tables with a `type`.",
        "type": "array",
        "items": one_of(schemas, &registry.outputs, "An output.", true),
        "default": provider.outputs,
    });
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.extend(common["properties"].as_object().cloned().unwrap_or_default());
        properties.insert("outputs".to_owned(), outputs);
        if provider.secrets {
            properties.insert(common::SECRETS.to_owned(), secret::schema(schemas));
        }
    }
    schema
}

/// A table whose `type` says which of `kinds` it is, or only that word.
fn one_of<Built, Context>(
    schemas: &Schemas,
    kinds: &[Kind<Built, Context>],
    what: &str,
    type_required: bool,
) -> Value {
    let mut variants: Vec<_> = kinds.iter().map(|kind| tagged(schemas, kind, type_required)).collect();
    let names: Vec<_> = kinds.iter().map(|kind| kind.name).collect();
    variants.push(json!({"description": "Only a type, with its defaults.", "enum": names}));
    json!({"description": what, "oneOf": variants})
}

fn tagged<Built, Context>(schemas: &Schemas, kind: &Kind<Built, Context>, type_required: bool) -> Value {
    let mut schema = Value::clone(&kind.schema(schemas));
    schema["properties"]["type"] = json!({"const": kind.name});
    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
    if type_required || kind.name != super::DEFAULT_SOURCE {
        required.push(json!("type"));
    }
    schema["required"] = Value::Array(required);
    schema
}

fn named(what: &str, of: &Value) -> Value {
    json!({
        "description": what,
        "type": "object",
        "additionalProperties": of,
        "propertyNames": {"pattern": "^[A-Za-z0-9_.-]{1,64}$"},
    })
}

/// An optional key may be absent; it cannot be null.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(without_null),
        Value::Object(object) => {
            object.values_mut().for_each(without_null);
            forget_null(object);
        }
        _ => {}
    }
}

fn forget_null(schema: &mut Map<String, Value>) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if let Some(Value::Array(variants)) = schema.get_mut("anyOf") {
        variants.retain(|variant| variant["type"] != "null");
        if let [Value::Object(only)] = variants.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            for (key, value) in only {
                schema.entry(key).or_insert(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Outer {
        /// What it is
        /// for. And more.
        ///
        /// At length.
        optional: Option<Inner>,
        text: Option<String>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Inner {
        #[schemars(range(min = 1))]
        number: u8,
    }

    #[test]
    fn the_schema_of_a_type_is_made_once() {
        let schemas = Schemas::default();
        assert!(Rc::ptr_eq(&schemas.of::<Outer>(), &schemas.of::<Outer>()));
        assert_ne!(schemas.of::<Outer>(), schemas.of::<Inner>());
    }

    #[test]
    fn an_optional_table_is_described_in_place_and_without_null() {
        let schema = of::<Outer>();
        let inner = &schema["properties"]["optional"];
        assert_eq!(inner["type"], "object");
        assert_eq!(inner["required"], json!(["number"]));
        assert_eq!(schema["properties"]["text"]["type"], "string");
        assert_eq!(summary(inner).as_deref(), Some("What it is for."));
        assert!(!schema.to_string().contains("null"), "{schema}");
    }
}
