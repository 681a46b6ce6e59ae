//! The audit log: who got which credential with which token, one JSON object a line.
//!
//! It is off unless configured, for the user alone, bounded in size ([`crate::files::BoundedLog`]), and holds no
//! secret: of an ID token it has the first digits of a hash, by which a token that somebody finds elsewhere is
//! recognised. Every process that works on a login writes to it. Lines are written by a thread of their own, so that a
//! slow disk delays no refresh; if the disk cannot keep up, or is full, credentials stay fresh and the log of evercred
//! says how many lines were lost.
//!
//! Failures of one kind that follow one another are one line, and the next other line says how many they were, so that
//! an outage does not push everything else out of the log.

mod entry;
mod observer;
mod writer;

use std::path::PathBuf;
use std::sync::Mutex;

use evercred_core::{BuildError, Configured, Environment};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::login::LoginId;
use crate::time::Clock;

pub use entry::{Entry, Kind, Peer, Token};

use observer::Repeats;
use writer::Writer;

/// Where the audit log is, and how large it may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file.
    pub path: PathBuf,
    /// The longest it becomes before it is the older one of two, in bytes.
    pub limit: u64,
}

/// What a config is resolved against.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) environment: Environment,
    pub(crate) state_folder: PathBuf,
}

/// Writes down who got which credential with which ID token: one JSON object a line, for this user alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The file. Without it, `audit.jsonl` in evercred's state folder.
    #[serde(default)]
    path: Option<String>,
    /// The size in KiB at which the file becomes the older one of two; the one before that is removed.
    #[serde(default = "eight_mebibytes")]
    #[schemars(range(min = 4))]
    max_kib: u64,
}

fn eight_mebibytes() -> u64 {
    8 * 1024
}

impl Configured<Place> for Config {
    type Built = Settings;

    fn build(self, place: &Place) -> Result<Settings, BuildError> {
        if self.max_kib < 4 {
            return Err(BuildError::at("max_kib", "too small to hold a few lines").hint("Write 4 or more."));
        }
        let path = match &self.path {
            Some(path) => place.environment.expand(path),
            None => place.state_folder.join("audit.jsonl"),
        };
        if !path.is_absolute() {
            return Err(BuildError::at("path", "the path is relative, and it is not known to what")
                .hint("Write an absolute path, or one that begins with ~/."));
        }
        Ok(Settings { path, limit: self.max_kib.saturating_mul(1024) })
    }
}

/// Writes the audit log. Dropping it writes what is still to be written, if that can be done soon.
#[derive(Debug)]
pub struct Audit {
    clock: std::sync::Arc<dyn Clock>,
    writer: Writer,
    repeats: Mutex<Repeats>,
}

impl Audit {
    /// One that appends where `settings` say.
    pub fn new(settings: &Settings, clock: std::sync::Arc<dyn Clock>) -> Self {
        Self { clock, writer: Writer::start(settings), repeats: Mutex::default() }
    }

    /// Notes that `peer` asked for `what` (a request of the control socket, or a path of an endpoint), about `login` if
    /// it named one.
    pub fn asked(&self, peer: Peer, what: &str, login: Option<&LoginId>) {
        let entry = Entry::new(Kind::Request, self.clock.as_ref());
        self.write(&Entry {
            login: login.map(ToString::to_string),
            provider: login.map(|id| id.kind().to_owned()),
            peer: Some(peer),
            request: Some(what.to_owned()),
            ..entry
        });
    }

    fn write(&self, entry: &Entry) {
        let mut line = serde_json::to_vec(entry).unwrap_or_default();
        line.push(b'\n');
        self.writer.write(line);
    }
}
