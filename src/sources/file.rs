//! `file`: an ID token that somebody else keeps fresh in a file.
//!
//! The file is read at every attempt, never cached, and watched, so that a new token wakes the logins at once.
//! Rotating it is the work of whoever writes it.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::{
    Advice, Audience, BoxFuture, BuildError, Configured, Environment, Failure, IdToken, TokenError,
};
use evercred_http::BuildContext;

use super::{TokenSource, problem};

/// Far beyond any token (AWS takes 20,000 characters); a path that names something else must not fill memory.
const LONGEST: u64 = 64 * 1024;

/// Reads the ID token from a file.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The file that holds the token; `~/` stands for the home folder. Required.
    path: String,
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let path = absolute(&context.surroundings.environment, &self.path)?;
        Ok(Arc::new(TokenFile::new("file", path, ROTATION)))
    }
}

const ROTATION: &str = "See that the path is right, and that whatever writes this file runs and replaces it before the token ends.";

/// The path that the key `path` names.
pub(super) fn absolute(environment: &Environment, text: &str) -> Result<PathBuf, BuildError> {
    let path = environment.expand(text);
    if path.is_absolute() {
        return Ok(path);
    }
    Err(BuildError::at("path", format!("{text:?} is not an absolute path"))
        .hint("Write it from `/` or `~/` on: the daemon has no folder of its own to start from."))
}

/// A file with a token in it.
#[derive(Debug)]
pub(super) struct TokenFile {
    kind: &'static str,
    path: PathBuf,
    rotation: &'static str,
}

impl TokenFile {
    /// The file at `path`; `rotation` says what keeps it fresh.
    pub(super) fn new(kind: &'static str, path: PathBuf, rotation: &'static str) -> Self {
        Self { kind, path, rotation }
    }

    async fn read(&self) -> Result<IdToken, Failure> {
        let text = read(&self.path, self.rotation).await?;
        problem::parse(&text, &self.path.display().to_string(), Advice::NeedsAttention)
    }
}

impl TokenSource for TokenFile {
    fn describe(&self) -> String {
        format!("{} {}", self.kind, self.path.display())
    }

    fn mint<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(self.read())
    }

    fn watched(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn is_local(&self) -> bool {
        true
    }

    fn remedy(&self, problem: &TokenError) -> Option<String> {
        match problem {
            TokenError::Expired { .. } => Some(self.rotation.to_owned()),
            _ => None,
        }
    }
}

/// The text of a small file; `if_missing` says in a sentence what helps if there is none.
pub(super) async fn read(path: &Path, if_missing: &'static str) -> Result<String, Failure> {
    let owned = path.to_owned();
    // In a thread of its own: a dead network file system must not hold up the other logins.
    let read = tokio::task::spawn_blocking(move || read_bounded(&owned)).await;
    read.unwrap_or_else(|panic| Err(io::Error::other(panic)))
        .map_err(|error| unreadable(path, error, if_missing))
}

fn unreadable(path: &Path, error: io::Error, if_missing: &'static str) -> Failure {
    let (advice, hint) = match error.kind() {
        io::ErrorKind::NotFound => (Advice::NeedsAttention, if_missing),
        io::ErrorKind::PermissionDenied => (
            Advice::NeedsAttention,
            "Let the user that evercred runs as read the file and enter its folders.",
        ),
        io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            (Advice::NeedsAttention, "Name a regular file that holds one secret and nothing else.")
        }
        _ => (Advice::RETRY, "Check the file system that the file is on."),
    };
    Failure::new("read the file", path.display().to_string(), advice).hint(hint).caused_by(error)
}

fn read_bounded(path: &Path) -> io::Result<String> {
    // Before it is opened: opening a pipe waits for its writer.
    refuse_irregular(&path.metadata()?)?;
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than any token"));
    }
    Ok(text)
}

fn refuse_irregular(found: &Metadata) -> io::Result<()> {
    if found.is_dir() {
        Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"))
    } else if !found.is_file() {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    } else {
        Ok(())
    }
}
