//! A config table as it counts: with its defaults filled in, and for people without what is secret.

use evercred_core::mask_passwords;
use serde_json::Value;

/// The keys that are not there, from the schema's defaults.
pub(crate) fn fill(schema: &Value, value: &mut Value) {
    if let (Some(properties), Value::Object(table)) = (schema["properties"].as_object(), &mut *value) {
        for (key, schema) in properties {
            if let Some(default) = schema.get("default") {
                table.entry(key.clone()).or_insert_with(|| default.clone());
            }
        }
    }
    visit(schema, value, &mut fill);
}

/// What the schema says may be written but not shown (`writeOnly`) becomes three stars, and so does each character of
/// a URL's password: proxies have one.
pub(crate) fn mask(schema: &Value, value: &mut Value) {
    match value {
        _ if schema["writeOnly"] == Value::Bool(true) => *value = Value::from("***"),
        Value::String(text) => *text = mask_passwords(text),
        _ => visit(schema, value, &mut mask),
    }
}

fn visit(schema: &Value, value: &mut Value, action: &mut dyn FnMut(&Value, &mut Value)) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                let inner = schema["properties"].get(key).unwrap_or(&schema["additionalProperties"]);
                action(inner, value);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| action(&schema["items"], element)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn defaults_are_filled_in_at_every_depth_and_given_values_stay() {
        let schema = json!({"properties": {
            "a": {"default": 1},
            "b": {"properties": {"c": {"default": "x"}, "d": {"default": 2}}},
            "e": {"items": {"properties": {"f": {"default": true}}}},
        }});
        let mut value = json!({"b": {"d": 3}, "e": [{}]});
        fill(&schema, &mut value);
        assert_eq!(value, json!({"a": 1, "b": {"c": "x", "d": 3}, "e": [{"f": true}]}));
    }

    #[test]
    fn what_is_only_for_writing_is_masked() {
        let schema = json!({"properties": {"headers": {"additionalProperties": {"writeOnly": true}}}});
        let mut value = json!({"headers": {"authorization": "Bearer hunter2"}, "url": "http://x"});
        mask(&schema, &mut value);
        assert_eq!(value, json!({"headers": {"authorization": "***"}, "url": "http://x"}));
    }
}
