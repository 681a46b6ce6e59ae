//! `external-account`: the ID token as a file, and the settings with which Google's libraries exchange it themselves.
//!
//! The format is [AIP-4117]'s. Every Google library reads the settings once and the token file at each exchange, some
//! minutes before the last access token ends, so a process that lives for weeks works for as long as the token file is
//! fresh. The token file has no final newline: Google's Python, Node and Rust libraries would send it along.
//!
//! The settings lie at a path of our own, which `GOOGLE_APPLICATION_CREDENTIALS` has to name; or at the *well-known*
//! path, where the libraries look by themselves. `gcloud auth application-default login` writes there, too, so what
//! somebody else left there is not touched, unless `force` says so: then it is kept in the state folder and given back
//! by `logout`. The file is known as ours by its token file, which lies in our state folder.
//!
//! gcloud itself reads neither; the output `gcloud` is for that. gsutil, on the other hand, reads none of gcloud's access
//! tokens, but these settings, if `~/.boto` names them
//! ([boto file](https://cloud.google.com/storage/docs/boto-gsutil)); it is edited by key. Programs find the project in `GOOGLE_CLOUD_PROJECT`
//! only, since this format has no place for it.
//!
//! [AIP-4117]: https://google.aip.dev/auth/4117

mod gsutil;

use std::path::Path;

use evercred_core::{Advice, BuildError, Configured, Credential, Environment, Failure, Field};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::env_file::{self, Variable, is_plain};
use super::gcloud::folder;
use super::token_file::RawField;
use super::whole_file::{WholeFile, target};
use super::{Output, OutputContext, Readers, Way, required};
use crate::files::Target;

/// The ID token as a file, and a file of settings with which Google's client libraries and Terraform exchange it by
/// themselves, for as long as they run. `GOOGLE_APPLICATION_CREDENTIALS` has to name the latter.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// Where the settings are, absolute or with `~/`; `LOGIN.external-account.json` in the state folder if not set.
    path: Option<String>,
    /// Whether they are where the libraries look without any variable:
    /// `~/.config/gcloud/application_default_credentials.json`, or that file in `CLOUDSDK_CONFIG`.
    well_known: bool,
    /// Take the place of a file that somebody else has put there: it is kept, and given back on logout.
    force: bool,
    /// Whether gsutil is to use the settings, too: `gs_external_account_file` in `~/.boto`, or in the file that
    /// `BOTO_CONFIG` names. A file that has another credential for Google is taken only with `force`: that is set aside
    /// as a comment, and given back on logout.
    gsutil: bool,
    /// Where to write a file of variables, `GOOGLE_APPLICATION_CREDENTIALS` and `GOOGLE_CLOUD_PROJECT`, for shells,
    /// systemd and Docker; none if not set.
    env_file: Option<String>,
}

/// The settings as the provider makes them, without the path of the token file.
const SETTINGS: Field = Field::new("external_account");
const PROJECT: Field = Field::new("project");
/// Where Google's libraries look for the settings, and for the project.
const VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
const PROJECT_VARIABLE: &str = "GOOGLE_CLOUD_PROJECT";
/// The file in gcloud's folder that Google's libraries read by themselves.
pub(super) const WELL_KNOWN: &str = "application_default_credentials.json";

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        if !context.provides.contains(&SETTINGS) {
            let message = "this login cannot be told to Google's libraries".to_owned();
            return Err(BuildError { key: None, message, hint: None }.hint(
                "The output is for `gcp` logins without `delegates`, which no library knows; others have `gcloud`, \
                 `token-file` and `env-file`.",
            ));
        }
        let token = target(None, None, "jwt", context)?;
        let settings = Settings {
            target: self.settings_target(context)?,
            keepsake: target(None, None, "external-account.before", context)?,
            token_file: utf8(&token.path)?.to_owned(),
            force: self.force,
            environment: context.environment.clone(),
            project: context.known(PROJECT).map(str::to_owned),
        };
        let variables =
            self.env_file.map(|path| variables(&path, &settings.target.path, context)).transpose()?;
        let token =
            WholeFile { target: token, needs: vec![Field::ID_TOKEN], document: RawField(Field::ID_TOKEN) };
        let boto =
            self.gsutil.then(|| gsutil::section(&settings.target.path, self.force, context)).transpose()?;
        // The token comes first: settings must never name a file that is not there yet.
        let mut outputs: Vec<Box<dyn Output>> = vec![Box::new(token), Box::new(settings)];
        outputs.extend(variables.map(|file| Box::new(file) as Box<dyn Output>));
        outputs.extend(boto.map(|section| Box::new(section) as Box<dyn Output>));
        Ok(outputs)
    }
}

impl Config {
    fn settings_target(&self, context: &OutputContext) -> Result<Target, BuildError> {
        match (&self.path, self.well_known) {
            (Some(_), true) => Err(BuildError::at("path", "the settings cannot be at two places")
                .hint("Leave out `path` or `well_known`.")),
            (_, true) => {
                Ok(Target::shared(folder(&context.environment)?.join(WELL_KNOWN), 0o600)
                    .owned_by(context.owner))
            }
            (path, false) => target(path.as_deref(), None, "external-account.json", context),
        }
    }
}

fn variables(
    path: &str,
    settings: &Path,
    context: &OutputContext,
) -> Result<WholeFile<env_file::Variables>, BuildError> {
    let settings = utf8(settings)?;
    if !is_plain(settings) {
        let message = format!("the path {settings} has characters that shells and Docker read differently");
        return Err(BuildError::at("env_file", message).hint("Give the settings another `path`."));
    }
    let fixed = env_file::Value::Fixed(settings.to_owned());
    let mut variables = vec![Variable { name: VARIABLE.to_owned(), value: fixed }];
    if context.provides.contains(&PROJECT) {
        let value = env_file::Value::Of { field: PROJECT, needed: true };
        variables.push(Variable { name: PROJECT_VARIABLE.to_owned(), value });
    }
    Ok(env_file::file(target(Some(path), None, "env", context)?, variables, false))
}

/// JSON holds UTF-8 only.
fn utf8(path: &Path) -> Result<&str, BuildError> {
    path.to_str().ok_or_else(|| BuildError {
        key: None,
        message: format!("the path {} is not UTF-8", path.display()),
        hint: Some("Set XDG_STATE_HOME or HOME to a path that is.".to_owned()),
    })
}

/// The file of settings.
#[derive(Debug)]
struct Settings {
    target: Target,
    keepsake: Target,
    token_file: String,
    force: bool,
    environment: Environment,
    project: Option<String>,
}

impl Settings {
    /// Whether evercred wrote it, for this login or for another.
    fn is_ours(&self, content: &[u8]) -> bool {
        let token_file = serde_json::from_slice::<Value>(content)
            .ok()
            .and_then(|settings| Some(settings.get("credential_source")?.get("file")?.as_str()?.to_owned()));
        let folder = |path: &str| Path::new(path).parent().map(Path::to_owned);
        token_file.is_some_and(|path| folder(&path) == folder(&self.token_file))
    }

    fn taken(&self) -> Failure {
        Failure::new("write the settings", self.target.path.display().to_string(), Advice::NeedsAttention)
            .message("the file is there, and evercred did not write it")
            .hint(
                "Remove it, or give this output a `path` of its own, or set `force = true` in it: what is there is then \
                 kept, and given back on logout.",
            )
    }
}

impl Output for Settings {
    fn target(&self) -> &Target {
        &self.target
    }

    fn needs(&self) -> &[Field] {
        &[SETTINGS]
    }

    fn render(&self, credential: &Credential, current: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        if !self.force && current.is_some_and(|current| !self.is_ours(current)) {
            return Err(self.taken());
        }
        let place = self.target.path.display();
        let broken = || Failure::new("write the settings", place.to_string(), Advice::NeedsAttention);
        let text = required(credential, SETTINGS, &place)?.expose();
        let mut settings: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| broken().caused_by(error))?;
        settings.insert("credential_source".to_owned(), json!({ "file": self.token_file }));
        let mut file = serde_json::to_vec_pretty(&settings).map_err(|error| broken().caused_by(error))?;
        file.push(b'\n');
        Ok(file)
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        self.is_ours(current).then(|| current.to_vec())
    }

    fn keepsake(&self) -> Option<&Target> {
        Some(&self.keepsake)
    }

    fn environment(&self) -> Option<Way> {
        let way = Way::refreshing(Readers::Google).with(VARIABLE, self.target.path.display().to_string());
        Some(match &self.project {
            Some(project) => way.with(PROJECT_VARIABLE, project),
            None => way,
        })
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let Some(other) = self.environment.get(VARIABLE) else { return Vec::new() };
        let ours = self.target.path.display();
        if Path::new(other) == self.target.path {
            return Vec::new();
        }
        let instead = format!("unset it, or set it to {ours}");
        vec![match read(Path::new(other)) {
            Some(_) => {
                format!(
                    "{VARIABLE} names {other}, which Google's libraries read instead of {ours}: {instead}."
                )
            }
            None => format!(
                "{VARIABLE} names {other}, which cannot be read, so that Google's libraries fail: {instead}."
            ),
        }]
    }
}

#[cfg(test)]
mod tests;
