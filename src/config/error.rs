//! Why there is no config to work with.

use std::fmt::Write;
use std::path::PathBuf;

use super::problem::Problems;

/// A config that could not be found, read or understood.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file.
    #[error("failed to find a config")]
    NotFound {
        /// Every place it was looked for.
        looked: Vec<PathBuf>,
    },
    /// A file that cannot be read.
    #[error("failed to read the config ({file})", file = file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No folder for our own files.
    #[error("failed to find a folder for evercred's own files: no home folder is known")]
    NoHome,
    /// A file that was read and has mistakes.
    #[error(transparent)]
    Mistakes(#[from] Problems),
}

impl ConfigError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotFound { looked } => where_to_write(looked),
            Self::Unreadable { .. } => {
                "It must be a text file (UTF-8) that this user may read; --config names another.".to_owned()
            }
            Self::NoHome => "Set HOME, or XDG_STATE_HOME and XDG_CONFIG_HOME, to absolute paths.".to_owned(),
            Self::Mistakes(_) => {
                "Each mistake is listed with its line; correct them and try again.".to_owned()
            }
        }
    }
}

fn where_to_write(looked: &[PathBuf]) -> String {
    let [first, rest @ ..] = looked else { return "Name a config with --config.".to_owned() };
    let mut hint = format!("Write one to {}", first.display());
    for (index, place) in rest.iter().enumerate() {
        let joint = if index == 0 { " (or to" } else { " or" };
        let _ = write!(hint, "{joint} {}", place.display());
    }
    hint.push_str(if rest.is_empty() { "." } else { ")." });
    hint.push_str(" Two lines are enough: [aws.default] and role_arn = \"arn:aws:iam::…:role/…\".");
    hint
}
