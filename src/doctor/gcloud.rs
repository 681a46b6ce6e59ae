//! gcloud, and bq and `gcloud storage` with it
//! ([configurations](https://cloud.google.com/sdk/gcloud/reference/topic/configurations)).
//!
//! A property is looked for in its variable, then in the configuration that is active, then in the properties of the
//! installation, which are not read here. An access token comes before a file of credentials, and both before the accounts
//! that somebody logged in. gcloud never looks at what Google's libraries read.

use std::path::PathBuf;

use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};
use super::python_ini::{IniFile, Keys};

/// What gcloud takes.
pub(crate) fn choose(observation: &Observation<'_>) -> Choice {
    let folder = observation.variable("CLOUDSDK_CONFIG");
    let folder = folder.map_or_else(|| observation.home(".config/gcloud"), PathBuf::from);
    let seen = observation.read(&folder.join("active_config"));
    let noted = match &*seen {
        Seen::File(content) => String::from_utf8_lossy(content).trim().to_owned(),
        _ => String::new(),
    };
    let usual = if noted.is_empty() { "default".to_owned() } else { noted };
    let active = observation.variable("CLOUDSDK_ACTIVE_CONFIG_NAME").map_or(usual, str::to_owned);
    let file = match IniFile::read(observation, &folder.join(format!("configurations/config_{active}"))) {
        Ok(file) => file.unwrap_or_default(),
        Err(failure) => return failure,
    };
    let (none, at) = (Keys::new(), |section: &str| file.section(section));
    let auth = at("auth").unwrap_or(&none);
    if observation.variable("CLOUDSDK_AUTH_ACCESS_TOKEN").is_some() {
        let rule = "an access token in the environment comes before everything else";
        return Choice::takes("access-token", Place::variable("CLOUDSDK_AUTH_ACCESS_TOKEN"), rule);
    }
    let named = |key: &str, variable: &str| {
        let set = observation.variable(variable).map(|path| (path.to_owned(), Place::variable(variable)));
        set.or_else(|| auth.get(key).map(|entry| (entry.value.clone(), entry.place())))
    };
    let token = named("access_token_file", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE");
    let credential = || named("credential_file_override", "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE");
    if let Some((path, place)) = token.or_else(credential) {
        let path = observation.expand_user(&path);
        return match &*observation.read(&path) {
            Seen::File(content) if !content.trim_ascii().is_empty() => {
                let file = Choice::takes("file", Place::file(path), "it is named there");
                file.through(
                    "file",
                    place,
                    "a file that is named comes before the accounts that are logged in",
                )
            }
            _ => Choice::fails(place, "the file that is named there cannot be read, or is empty"),
        };
    }
    let rule = "neither a token nor a file of credentials is named";
    if observation.variable("CLOUDSDK_CORE_ACCOUNT").is_some() {
        return Choice::takes("account", Place::variable("CLOUDSDK_CORE_ACCOUNT"), rule);
    }
    match at("core").and_then(|core| core.get("account")) {
        Some(account) => Choice::takes("account", account.place(), rule),
        None => Choice::NOTHING,
    }
}
