//! `az`: as whom it is logged in.
//!
//! Its default subscription names a user or a service principal; what proves the latter is in a second file
//! ([az login](https://learn.microsoft.com/cli/azure/authenticate-azure-cli-service-principal)). No variable speaks of
//! credentials, only of where the files are.

use std::path::PathBuf;

use serde_json::Value;

use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};
use super::python_ini::IniFile;

const RULE: &str = "it is the account of the default subscription";

/// What `az` takes.
pub(crate) fn choose(observation: &Observation<'_>) -> Choice {
    let folder = observation.verbatim("AZURE_CONFIG_DIR");
    let folder = folder.map_or_else(|| observation.home(".azure"), PathBuf::from);
    let profile = folder.join("azureProfile.json");
    let settings = match IniFile::read(observation, &folder.join("config")) {
        Ok(settings) => settings.unwrap_or_default(),
        Err(failure) => return failure,
    };
    let setting = |variable: &str, section: &str, key: &str| {
        let set = observation.variable(variable).map(str::to_owned);
        set.or_else(|| Some(settings.section(section)?.get(key)?.value.clone()))
    };
    let cloud = setting("AZURE_CLOUD_NAME", "cloud", "name").unwrap_or_else(|| "AzureCloud".to_owned());
    let Some(Value::Object(known)) = json(observation, &profile) else { return Choice::NOTHING };
    let here = |one: &&Value| one["environmentName"] == cloud.as_str() && one["isDefault"] == true;
    let all = known.get("subscriptions").and_then(Value::as_array);
    let Some(default) = all.and_then(|all| all.iter().find(here)) else { return Choice::NOTHING };
    let (user, kind) = (text(&default["user"]["name"]), text(&default["user"]["type"]));
    let place = Place::Entry { file: profile, entry: user.clone() };
    if kind != "servicePrincipal" || user.contains("AssignedIdentity") {
        return Choice::takes("account", place, RULE);
    }
    let encrypted = setting("AZURE_CORE_ENCRYPT_TOKEN_CACHE", "core", "encrypt_token_cache");
    if encrypted
        .is_some_and(|value| ["1", "true", "yes", "on"].contains(&value.to_ascii_lowercase().as_str()))
    {
        return Choice::takes("account", place, RULE);
    }
    let file = folder.join("service_principal_entries.json");
    let entries = json(observation, &file);
    let is_there = entries
        .as_ref()
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|entry| entry["client_id"] == user.as_str()));
    if !is_there {
        return Choice::fails(place, "what proves the service principal is not there");
    }
    let entry = Choice::takes("entry", Place::Entry { file, entry: user }, "it has the same client ID");
    entry.through("account", place, RULE)
}

/// A file of `az`, which may begin with a byte order mark.
fn json(observation: &Observation<'_>, path: &std::path::Path) -> Option<Value> {
    let seen = observation.read(path);
    let Seen::File(content) = &*seen else { return None };
    serde_json::from_slice(content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content)).ok()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
