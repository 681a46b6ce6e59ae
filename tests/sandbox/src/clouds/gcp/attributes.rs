//! What a provider makes of an ID token's claims, and whether it lets them in
//! (<https://cloud.google.com/iam/docs/workload-identity-federation#mapping>).

use std::collections::BTreeMap;

use cel::{Context, Program, Value as Cel};
use serde_json::{Map, Value, json};

use super::options::IdentityProvider;
use super::refusal::Refusal;
use crate::verify::Claims;

/// Whom an ID token speaks for, in a provider's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) subject: String,
    pub(super) groups: Vec<String>,
    /// The provider's own ones, by their names without `attribute.`.
    pub(super) custom: BTreeMap<String, String>,
}

/// The longest subject, in bytes.
const LONGEST_SUBJECT: usize = 127;

/// Maps the claims, and holds them against the condition.
pub(super) fn of(provider: &IdentityProvider, claims: &Claims) -> Result<Attributes, Refusal> {
    let assertion = Value::Object(claims.all().clone());
    let mapped: BTreeMap<&str, Result<Value, String>> =
        provider.mapping.iter().map(|(name, cel)| (name.as_str(), map(cel, &assertion))).collect();
    if !provider.condition.as_deref().is_none_or(|cel| holds(cel, &assertion, &mapped)) {
        return Err(Refusal::oauth(
            400,
            "unauthorized_client",
            "The given credential is rejected by the attribute condition.",
        ));
    }
    collect(mapped)
}

/// The mapped attributes by their kinds, if all are what they must be.
fn collect(mapped: BTreeMap<&str, Result<Value, String>>) -> Result<Attributes, Refusal> {
    let mut found = Attributes { subject: String::new(), groups: Vec::new(), custom: BTreeMap::new() };
    for (name, value) in mapped {
        if name == "google.subject" {
            found.subject = value.ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default();
            continue;
        }
        let value = value.map_err(|why| invalid(format!("The attribute {name} cannot be mapped: {why}.")))?;
        match (name, name.strip_prefix("attribute."), value) {
            ("google.groups", _, Value::Array(groups)) => {
                found.groups = groups.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            }
            (_, Some(key), Value::String(value)) => {
                found.custom.insert(key.to_owned(), value);
            }
            _ => return Err(invalid(format!("The mapped attribute {name} must be of type STRING."))),
        }
    }
    if found.subject.is_empty() {
        return Err(Refusal::oauth(
            400,
            "unauthorized_client",
            "Could not obtain a value for google.subject from the given credential.",
        ));
    }
    if found.subject.len() > LONGEST_SUBJECT {
        return Err(invalid(
            "The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute \
             mapping or the incoming assertion to produce a mapped attribute that is less than 127 bytes.",
        ));
    }
    Ok(found)
}

fn invalid(description: impl Into<String>) -> Refusal {
    Refusal::oauth(400, "invalid_request", description)
}

fn map(cel: &str, assertion: &Value) -> Result<Value, String> {
    let context = context([("assertion", assertion)])?;
    match run(cel, &context)? {
        Cel::String(text) => Ok(json!(*text)),
        Cel::List(list) => Ok(list.iter().filter_map(|item| text(item)).collect()),
        other => Err(format!("it is of type {}", other.type_of())),
    }
}

fn text(value: &Cel) -> Option<&str> {
    match value {
        Cel::String(text) => Some(text),
        _ => None,
    }
}

/// A condition that cannot be evaluated does not hold.
fn holds(cel: &str, assertion: &Value, mapped: &BTreeMap<&str, Result<Value, String>>) -> bool {
    let of = |prefix: &str| {
        let known = mapped
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value.as_ref().ok()?)));
        Value::Object(known.map(|(name, value)| (name.to_owned(), value.clone())).collect::<Map<_, _>>())
    };
    let (google, attribute) = (of("google."), of("attribute."));
    context([("assertion", assertion), ("google", &google), ("attribute", &attribute)])
        .and_then(|context| run(cel, &context))
        .is_ok_and(|verdict| verdict == Cel::Bool(true))
}

type Scope = Context<'static, 'static>;

fn context<'v>(variables: impl IntoIterator<Item = (&'static str, &'v Value)>) -> Result<Scope, String> {
    let mut context = Context::default();
    for (name, value) in variables {
        context.add_variable(name, value).map_err(|error| error.to_string())?;
    }
    Ok(context)
}

fn run(cel: &str, context: &Scope) -> Result<Cel, String> {
    let program = Program::compile(cel).map_err(|error| error.to_string())?;
    program.execute(context).map_err(|error| error.to_string())
}
