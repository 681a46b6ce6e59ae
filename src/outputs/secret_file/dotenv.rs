//! `NAME=value` lines that shells, systemd, Docker Compose and the `.env` readers of most languages take alike.
//!
//! Plain values stand as they are; others in single quotes, between which all of these take everything literally, line
//! breaks included. They differ on a quote inside, and on a backslash before another or before a quote, so these are
//! refused. `docker run --env-file` knows no quotes at all.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Misfit, text};

const OTHERWISE: &str = "Use a template or another format for this secret.";

/// The fields, or those of all reads together, in the order of their names.
pub(super) fn write(data: &Map<String, Value>, is_composed: bool) -> Result<String, Misfit> {
    let mut variables = BTreeMap::new();
    if is_composed {
        for fields in data.values().filter_map(Value::as_object) {
            add(fields, &mut variables)?;
        }
    } else {
        add(data, &mut variables)?;
    }
    let mut file = String::new();
    for (name, value) in &variables {
        file.extend([name, "=", value, "\n"]);
    }
    Ok(file)
}

fn add<'d>(fields: &'d Map<String, Value>, variables: &mut BTreeMap<&'d str, String>) -> Result<(), Misfit> {
    for (name, value) in fields {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(plain) {
            return Err(Misfit::new(
                format!("the field `{name}` cannot be the name of a variable"),
                OTHERWISE,
            ));
        }
        let value = text(value).unwrap_or_else(|| value.to_string());
        if variables.insert(name, quoted(name, &value)?).is_some() {
            return Err(Misfit::new(format!("two of the reads have a field `{name}`"), OTHERWISE));
        }
    }
    Ok(())
}

fn quoted(name: &str, value: &str) -> Result<String, Misfit> {
    self::value(value).ok_or_else(|| {
        let message =
            format!("the value of `{name}` has characters that readers of such files understand differently");
        Misfit::new(message, OTHERWISE)
    })
}

/// A value as it stands in such a line, if all readers take it alike.
pub(crate) fn value(value: &str) -> Option<String> {
    if value.chars().all(|c| c.is_ascii_alphanumeric() || "_-./+=:@%,".contains(c)) {
        return Some(value.to_owned());
    }
    let is_ambiguous = value.contains(['\'', '\0', '\r']) || value.contains("\\\\") || value.ends_with('\\');
    (!is_ambiguous).then(|| format!("'{value}'"))
}
