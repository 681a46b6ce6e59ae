//! A file of variables for the start-up files of shells.
//!
//! Variables follow from the config, so the file changes with that and never with a credential. A shell that has obeyed
//! it does not do so again, nor do those that it starts, so what somebody sets by hand below stays; and in `evercred exec`
//! it says nothing, because that has said something else.

use std::path::{Path, PathBuf};

use evercred_core::{BuildError, Configured, Environment, Failure};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Syntax, Unwritable, Variables};
use crate::digest;
use crate::files::{Published, Publisher, Target};
use crate::login::LoginId;

/// A file of the variables by which programs find logins, for the start-up files of shells: write `. FILE` into
/// `~/.bashrc`, `~/.zshrc` or `~/.profile`, or `source FILE` into fish's `config.fish`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The logins, each with an output that programs find without its secret; if not set, those named `default`.
    logins: Option<Vec<LoginName>>,
    /// Where the file is, absolute or with `~/`; if not set, `env.sh` in the state folder. Its name says whom it is for:
    /// `.fish`, `.ps1` (PowerShell), `.env` (which cannot take variables out), or any other (bash, zsh and their kind).
    file: Option<String>,
}

/// A login by its name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct LoginName(#[schemars(with = "String")] LoginId);

impl TryFrom<String> for LoginName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// What the file may depend on besides.
#[derive(Debug)]
pub struct Place {
    /// The environment variables.
    pub environment: Environment,
    /// The folder for files of our own.
    pub state_folder: PathBuf,
}

/// What the config asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The logins; those named `default`, if none is named.
    pub logins: Option<Vec<LoginId>>,
    /// Where the file is.
    pub path: PathBuf,
}

impl Configured<Place> for Config {
    type Built = Settings;

    fn build(self, place: &Place) -> Result<Settings, BuildError> {
        let path = match &self.file {
            Some(path) => place.environment.expand(path),
            None => place.state_folder.join("env.sh"),
        };
        if !path.is_absolute() || path.file_name().is_none() {
            return Err(BuildError::at(
                "file",
                format!("`{}` is not the absolute path of a file", path.display()),
            )
            .hint("Begin it with `/` or with `~/`; evercred runs in no particular folder."));
        }
        let logins = self.logins.map(|names| names.into_iter().map(|LoginName(id)| id).collect());
        Ok(Settings { logins, path })
    }
}

/// The file as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariablesFile {
    target: Target,
    content: Vec<u8>,
}

impl VariablesFile {
    /// With these variables, from `config`.
    pub fn new(path: &Path, variables: &Variables, config: &Path) -> Result<Self, Unwritable> {
        let syntax = syntax(path);
        let statements = variables.statements(syntax)?;
        let content = format!("{}{}", heading(config), guarded(syntax, &statements));
        // There is no secret in it, and other users' shells have no use for it.
        Ok(Self { target: Target::new(path, 0o600), content: content.into_bytes() })
    }

    /// Writes it if it is not so yet.
    pub fn publish(&self, publisher: &Publisher) -> Result<Published, Failure> {
        publisher.publish(&self.target, &mut |_| Ok(self.content.clone()))
    }
}

fn syntax(path: &Path) -> Syntax {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("fish") => Syntax::Fish,
        Some("ps1") => Syntax::Powershell,
        Some("env") => Syntax::Dotenv,
        _ => Syntax::Sh,
    }
}

fn heading(config: &Path) -> String {
    let config: String = config.display().to_string().chars().filter(|c| !c.is_control()).collect();
    format!("# Written by evercred whenever {config} changes; see \"evercred config schema\".\n")
}

/// The variable that tells a shell that it, or one above it, has obeyed the file.
const MARK: &str = "EVERCRED_ENV";

fn guarded(syntax: Syntax, statements: &str) -> String {
    let mark = digest::of(statements);
    match syntax {
        Syntax::Fish => format!(
            "if not set -q EVERCRED_EXEC; and test \"${MARK}\" != {mark}\n{statements}set -gx {MARK} {mark}\nend\n"
        ),
        Syntax::Powershell => format!(
            "if (-not $env:EVERCRED_EXEC -and $env:{MARK} -ne '{mark}') {{\n{statements}$env:{MARK} = '{mark}'\n}}\n"
        ),
        Syntax::Dotenv => statements.to_owned(),
        _ => format!(
            "if [ -z \"${{EVERCRED_EXEC-}}\" ] && [ \"${{{MARK}-}}\" != {mark} ]; then\n{statements}export \
             {MARK}={mark}\nfi\n"
        ),
    }
}
