//! Unknown and missing keys, found by comparing a table with its JSON schema.
//!
//! The schema comes out of the same type that serde reads the table into, so the two agree; but serde stops at
//! the first unknown and the first missing key, and the schema knows them all, at every depth, with what each is
//! for.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest;
use super::problem::Problem;
use super::schema;
use super::tree::Section;

/// The keys in `section` that `schema` does not know, and those it asks for in vain. The keys in `beside` belong
/// to the same table and are read by somebody else: they are not in `section`, but may have been meant.
pub(crate) fn check(schema: &Value, section: &Section<'_>, beside: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_table(schema, section.get_ref(), section.span(), beside, &mut problems);
    problems
}

fn check_table(
    schema: &Value,
    table: &DeTable<'_>,
    place: Range<usize>,
    beside: &[&str],
    problems: &mut Vec<Problem>,
) {
    let mut meant = Vec::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if let Some(inner) = schema["properties"].get(name) {
            check_value(inner, value, problems);
        } else if schema["additionalProperties"] == Value::Bool(false) {
            let known: Vec<&str> = schema::keys(schema).chain(beside.iter().copied()).collect();
            problems.push(unknown(key.span(), name, &known));
            meant.extend(nearest::nearest(name, &known));
        } else {
            check_value(&schema["additionalProperties"], value, problems);
        }
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    // A required key with a typo is one mistake, not two.
    for name in required.filter(|name| !table.contains_key(*name) && !meant.contains(name)) {
        problems.push(missing(schema, place.clone(), name));
    }
}

fn check_value(schema: &Value, value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) {
    match value.get_ref() {
        DeValue::Table(table) => check_table(schema, table, value.span(), &[], problems),
        DeValue::Array(array) => {
            for element in array {
                check_value(&schema["items"], element, problems);
            }
        }
        _ => {}
    }
}

fn unknown(span: Range<usize>, name: &str, known: &[&str]) -> Problem {
    Problem::new(span, format!("there is no key `{name}` here")).hint(nearest::suggest(name, known))
}

fn missing(schema: &Value, place: Range<usize>, name: &str) -> Problem {
    let purpose = schema::summary(&schema["properties"][name]);
    let hint = purpose.map_or_else(|| format!("Add `{name}`."), |what| format!("Add `{name}`: {what}"));
    Problem::absent(place, format!("the key `{name}` is missing")).hint(hint)
}
