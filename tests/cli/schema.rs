//! As much of JSON Schema as our own schemas use.

use serde_json::Value;

/// What of `value` is not as `schema` says; empty if all is.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    Checker { root: schema }.check("", schema, value)
}

struct Checker<'s> {
    root: &'s Value,
}

impl Checker<'_> {
    fn check(&self, place: &str, schema: &Value, value: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(path) = schema["$ref"].as_str() {
            let target =
                self.root.pointer(path.trim_start_matches('#')).expect("a reference leads somewhere");
            wrong.extend(self.check(place, target, value));
        }
        for (keyword, most) in [("anyOf", usize::MAX), ("oneOf", 1)] {
            if let Some(choices) = schema[keyword].as_array() {
                let fitting =
                    choices.iter().filter(|choice| self.check(place, choice, value).is_empty()).count();
                if !(1..=most).contains(&fitting) {
                    wrong.push(format!("{place}: {fitting} of {keyword} fit {value}"));
                }
            }
        }
        if schema == &Value::Bool(false) || !is_of_type(&schema["type"], value) {
            wrong.push(format!("{place}: {value} is not {}", schema["type"]));
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value))
            || schema.get("const").is_some_and(|word| word != value)
        {
            wrong.push(format!("{place}: {value} is not a word of {schema}"));
        }
        wrong.extend(self.check_object(place, schema, value));
        for element in value.as_array().into_iter().flatten().filter(|_| schema["items"].is_object()) {
            wrong.extend(self.check(&format!("{place}[]"), &schema["items"], element));
        }
        wrong
    }

    fn check_object(&self, place: &str, schema: &Value, value: &Value) -> Vec<String> {
        let Some(object) = value.as_object() else { return Vec::new() };
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let missing = required.filter(|key| !object.contains_key(*key));
        let mut wrong: Vec<_> = missing.map(|key| format!("{place}: {key} is missing")).collect();
        for (key, value) in object {
            let inner = schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
            if !inner.is_null() {
                wrong.extend(self.check(&format!("{place}/{key}"), inner, value));
            }
        }
        wrong
    }
}

fn is_of_type(expected: &Value, value: &Value) -> bool {
    let fits = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("what is {other}?"),
    };
    match expected {
        Value::String(name) => fits(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    }
}
