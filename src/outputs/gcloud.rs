//! `gcloud`: the access token as a file, and a named configuration of gcloud's that points at it.
//!
//! `gcloud`, `bq` and `docker-credential-gcloud` read the token once, when they start, from the file that
//! [`auth/access_token_file`](https://cloud.google.com/sdk/gcloud/reference/config/set#AVAILABLE-PROPERTIES) names; it
//! goes before all accounts that the user is logged in with, for every command. So it stands in a configuration of its
//! own, which `gcloud --configuration NAME`, `CLOUDSDK_ACTIVE_CONFIG_NAME`, or `gcloud config configurations activate`
//! chooses, and which is made the active one only on request. The configuration is edited by key: what the user sets in
//! it stays, and so do a project and an account of the user's own choice.
//!
//! A command that runs for longer than the token lives cannot get another one this way: the token is replaced at half of
//! its life, so there is always that much left. gsutil does not read the file; see the output `external-account`.
//!
//! gcloud's own `config set` writes the file anew without comments. Our token file is recognised without, but a project
//! and an account then count as the user's, and stay when the login is logged out.

use std::path::{Path, PathBuf};

use evercred_core::{BuildError, Configured, Credential, Environment, Failure, Field};
use schemars::JsonSchema;
use serde::Deserialize;

use super::section::{Key, Section, Words};
use super::token_file::RawField;
use super::whole_file::{WholeFile, target};
use super::{Output, OutputContext, Readers, Way};
use crate::files::Target;

/// The access token as a file, and a named configuration with which `gcloud` and `bq` use it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// The configuration's name; `evercred-` and the login's name if not set.
    configuration: Option<String>,
    /// Make it gcloud's active configuration, as long as the login is kept fresh; logging out gives back the one that
    /// was active before.
    activate: bool,
    /// Take the configuration over if it names another credential: that is set aside as a comment, and given back on
    /// logout.
    force: bool,
}

const WORDS: Words = Words { thing: "configuration", way_out: "give this output another `configuration`" };
const ACCOUNT: Field = Field::new("service_account");
const PROJECT: Field = Field::new("project");

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let name = self.configuration.unwrap_or_else(|| format!("evercred-{}", context.name));
        check_name(&name)?;
        let folder = folder(&context.environment)?;
        let file = target(None, None, "access-token", context)?;
        let path = check_path(&file.path)?.to_owned();
        let needs = vec![Field::ACCESS_TOKEN];
        let token = WholeFile { target: file, needs, document: RawField(Field::ACCESS_TOKEN) };
        let place = Target::shared(folder.join(format!("configurations/config_{name}")), 0o600)
            .owned_by(context.owner);
        let section = |title: &str, keys| {
            let place = place.clone();
            Section::new(place, vec![title.to_owned()], (is_credential, self.force), keys, (WORDS, context))
        };
        let way = Way::refreshing(Readers::Gcloud).with("CLOUDSDK_ACTIVE_CONFIG_NAME", &name).at(
            "CLOUDSDK_CONFIG",
            &folder,
            USUAL_FOLDER,
        );
        let shadows = shadows(&path, self.activate.then_some(&*name), &context.environment);
        let auth =
            section("auth", vec![Key::fixed("access_token_file", &path)]).shadowed_by(shadows).found_by(way);
        let core = core_keys(context);
        // The token comes first: a configuration must never name a file that is not there yet.
        let mut outputs: Vec<Box<dyn Output>> = vec![Box::new(token), Box::new(auth)];
        if !core.is_empty() {
            outputs.push(Box::new(section("core", core)));
        }
        if self.activate {
            let target = Target::shared(folder.join("active_config"), 0o600).owned_by(context.owner);
            let keepsake = super::whole_file::target(None, None, "active-config.before", context)?;
            outputs.push(Box::new(Active { target, keepsake, name }));
        }
        Ok(outputs)
    }
}

const USUAL_FOLDER: &str = "~/.config/gcloud";

/// Where gcloud keeps its configurations.
pub(super) fn folder(environment: &Environment) -> Result<PathBuf, BuildError> {
    let folder = environment.expand(environment.get("CLOUDSDK_CONFIG").unwrap_or(USUAL_FOLDER));
    if folder.is_absolute() {
        return Ok(folder);
    }
    let message = format!("`{}` is not an absolute path", folder.display());
    Err(BuildError { key: None, message, hint: None }
        .hint("Set HOME, or set CLOUDSDK_CONFIG to the absolute path of gcloud's folder."))
}

/// Checks a path that Google's tools read as the value of an INI file, in which they expand `%`.
pub(super) fn check_path(path: &Path) -> Result<&str, BuildError> {
    let special = |c: char| c.is_control() || c == '%';
    path.to_str().filter(|text| !text.contains(special) && text.trim() == *text).ok_or_else(|| BuildError {
        key: None,
        message: format!("the path {} has characters that Google's tools read differently", path.display()),
        hint: Some("Move it to a path in UTF-8 without `%` and line breaks.".to_owned()),
    })
}

fn check_name(name: &str) -> Result<(), BuildError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(plain) {
        return Ok(());
    }
    Err(BuildError::at("configuration", format!("{name:?} is not a name that gcloud gives a configuration"))
        .hint("Set `configuration` to a name of lower-case letters, digits and dashes that begins with a letter."))
}

/// Whether a key of `[auth]` says which credential is used.
fn is_credential(key: &str) -> bool {
    matches!(key, "access_token_file" | "credential_file_override")
}

fn core_keys(context: &OutputContext) -> Vec<Key> {
    let keys = [("account", ACCOUNT), ("project", PROJECT)].into_iter();
    let known = keys.filter(|(_, field)| context.provides.contains(field));
    known.map(|(name, field)| Key::default_of(name, field)).collect()
}

/// What in evercred's own environment, which is probably that of the user's programs, comes before the configuration.
fn shadows(token_file: &str, activated: Option<&str>, environment: &Environment) -> Vec<String> {
    let other = |name, ours: &str| environment.get(name).is_some_and(|value| value != ours);
    let mut shadows = Vec::new();
    for (name, ours) in [("CLOUDSDK_AUTH_ACCESS_TOKEN", ""), ("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", token_file)]
    {
        if other(name, ours) {
            shadows.push(format!(
                "{name} is set, and gcloud takes it rather than the token that evercred keeps in {token_file}: unset it."
            ));
        }
    }
    if let Some(name) = activated.filter(|name| other("CLOUDSDK_ACTIVE_CONFIG_NAME", name)) {
        shadows.push(format!(
            "CLOUDSDK_ACTIVE_CONFIG_NAME chooses another configuration than {name}, whichever is active: unset it."
        ));
    }
    shadows
}

/// The file in which gcloud notes the active configuration: its name, and nothing else, so what was there before is kept
/// elsewhere.
#[derive(Debug)]
struct Active {
    target: Target,
    keepsake: Target,
    name: String,
}

impl Output for Active {
    fn target(&self) -> &Target {
        &self.target
    }

    fn needs(&self) -> &[Field] {
        &[]
    }

    fn render(&self, _: &Credential, _: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        Ok(self.name.clone().into_bytes())
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        (current == self.name.as_bytes()).then(|| current.to_vec())
    }

    fn keepsake(&self) -> Option<&Target> {
        Some(&self.keepsake)
    }
}

#[cfg(test)]
mod tests;
