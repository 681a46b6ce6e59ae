//! gcloud, and bq and `gcloud storage` with it
//! ([configurations](https://cloud.google.com/sdk/gcloud/reference/topic/configurations)).
//!
//! A property is looked for in its variable, then in the configuration that is active, then in the properties of the
//! installation, which are not read here. An access token comes before a file of credentials, and both before the accounts
//! that somebody logged in. gcloud never looks at what Google's libraries read.

use std::path::PathBuf;

use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};
use super::python_ini::IniFile;

/// What gcloud takes.
pub(crate) fn choose(observation: &Observation<'_>) -> Choice {
    let file = match active_configuration(observation) {
        Ok(file) => file,
        Err(failure) => return failure,
    };
    if observation.variable("CLOUDSDK_AUTH_ACCESS_TOKEN").is_some() {
        let rule = "an access token in the environment comes before everything else";
        return Choice::takes("access-token", Place::variable("CLOUDSDK_AUTH_ACCESS_TOKEN"), rule);
    }
    let property = |section: &str, key: &str, variable: &str| {
        let set = observation.variable(variable).map(|value| (value.to_owned(), Place::variable(variable)));
        let entry = || file.section(section).and_then(|section| section.get(key));
        set.or_else(|| entry().map(|entry| (entry.value.clone(), entry.place())))
    };
    let token = property("auth", "access_token_file", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE");
    let credential =
        || property("auth", "credential_file_override", "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE");
    if let Some((path, place)) = token.or_else(credential) {
        return named(observation, &path, place);
    }
    match property("core", "account", "CLOUDSDK_CORE_ACCOUNT") {
        Some((_, place)) => {
            Choice::takes("account", place, "neither a token nor a file of credentials is named")
        }
        None => Choice::NOTHING,
    }
}

/// The properties of the configuration that is active, or why nothing works with them.
fn active_configuration(observation: &Observation<'_>) -> Result<IniFile, Choice> {
    let folder = observation.variable("CLOUDSDK_CONFIG");
    let folder = folder.map_or_else(|| observation.home(".config/gcloud"), PathBuf::from);
    let seen = observation.read(&folder.join("active_config"));
    let noted = match &*seen {
        Seen::File(content) => String::from_utf8_lossy(content).trim().to_owned(),
        _ => String::new(),
    };
    let usual = if noted.is_empty() { "default".to_owned() } else { noted };
    let active = observation.variable("CLOUDSDK_ACTIVE_CONFIG_NAME").map_or(usual, str::to_owned);
    let file = IniFile::read(observation, &folder.join(format!("configurations/config_{active}")))?;
    Ok(file.unwrap_or_default())
}

/// What gcloud makes of a file that is named at `place`.
fn named(observation: &Observation<'_>, path: &str, place: Place) -> Choice {
    let path = observation.expand_user(path);
    match &*observation.read(&path) {
        Seen::File(content) if !content.trim_ascii().is_empty() => {
            let rule = "a file that is named comes before the accounts that are logged in";
            let file = Choice::takes("file", Place::file(path), "it is named there");
            file.through("file", place, rule)
        }
        _ => Choice::fails(place, "the file that is named there cannot be read, or is empty"),
    }
}
