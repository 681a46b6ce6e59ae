//! Clients of Vault and OpenBao: where they take their token from
//! ([token helpers](https://openbao.org/docs/commands/token-helper/)).
//!
//! `bao` prefers each `BAO_` variable that is set, also to nothing, to the `VAULT_` one; hvac knows the latter alone, and
//! no token helper. All of them send the token to `VAULT_ADDR`, whoever's it is.

use std::path::PathBuf;

use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};

/// hvac 2.4.
pub(crate) fn hvac(observation: &Observation<'_>) -> Choice {
    if observation.variable("VAULT_TOKEN").is_some() {
        return Choice::takes("environment", Place::variable("VAULT_TOKEN"), VARIABLE_FIRST);
    }
    token_file(observation, observation.home(".vault-token"))
}

/// `bao` 2.7.
pub(crate) fn bao(observation: &Observation<'_>) -> Choice {
    let set = ["BAO_TOKEN", "VAULT_TOKEN"].into_iter().find(|name| observation.verbatim(name).is_some());
    if let Some(name) = set.filter(|name| observation.variable(name).is_some()) {
        return Choice::takes("environment", Place::variable(name), VARIABLE_FIRST);
    }
    let file = named(observation, &["BAO_CONFIG_PATH", "VAULT_CONFIG_PATH"], ".bao");
    let token = named(observation, &["BAO_TOKEN_PATH", "VAULT_TOKEN_PATH"], ".vault-token");
    helped(observation, file, token)
}

/// The `vault` that `bao` comes from.
pub(crate) fn vault(observation: &Observation<'_>) -> Choice {
    if observation.variable("VAULT_TOKEN").is_some() {
        return Choice::takes("environment", Place::variable("VAULT_TOKEN"), VARIABLE_FIRST);
    }
    let file = named(observation, &["VAULT_CONFIG_PATH"], ".vault");
    helped(observation, file, observation.home(".vault-token"))
}

const VARIABLE_FIRST: &str = "a token in the environment comes before every file";

/// The path that the first of the variables names, or the usual one in the home.
fn named(observation: &Observation<'_>, variables: &[&str], usual: &str) -> PathBuf {
    let value = variables.iter().find_map(|name| observation.variable(name));
    value.map_or_else(|| observation.home(usual), |path| observation.expand_user(path))
}

/// What the token helper that `settings` name has, or else the file.
fn helped(observation: &Observation<'_>, settings: PathBuf, token: PathBuf) -> Choice {
    let seen = observation.read(&settings);
    let Seen::File(content) = &*seen else { return token_file(observation, token) };
    let text = String::from_utf8_lossy(content);
    let found = text.lines().enumerate().find_map(|(index, line)| {
        let (key, value) = line.trim().split_once('=')?;
        (key.trim() == "token_helper").then(|| (index + 1, value.trim().trim_matches('"').to_owned()))
    });
    match found {
        Some((line, program)) if !program.is_empty() => {
            let place = Place::Line { file: settings, line, key: "token_helper".to_owned() };
            let program =
                Choice::takes("program", Place::Program { path: program.into() }, "it is named there");
            program.through("token-helper", place, "a token helper takes the place of the file of the token")
        }
        _ => token_file(observation, token),
    }
}

fn token_file(observation: &Observation<'_>, path: PathBuf) -> Choice {
    match &*observation.read(&path) {
        Seen::File(content) if !content.trim_ascii().is_empty() => {
            Choice::takes("file", Place::file(path), "no token is in the environment")
        }
        Seen::File(_) | Seen::Nothing => Choice::NOTHING,
        Seen::NoFile | Seen::Unreadable => {
            Choice::fails(Place::file(path), "the file of the token cannot be read")
        }
    }
}
