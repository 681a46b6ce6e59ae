//! What a client will do: which credential it takes, from which place, by which of its rules, and whether that is ours.

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

/// What a client takes its credential from, here and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub(crate) enum Choice {
    /// It takes this one.
    Takes(Source),
    /// It stops with an error and looks no further.
    Fails {
        /// Where the cause is.
        place: Option<Place>,
        /// The cause.
        error: String,
    },
    /// It finds none in variables and files.
    FindsNothing {
        /// The metadata server that it asks in the end, which answers on some machines only.
        #[serde(skip_serializing_if = "Option::is_none")]
        asks: Option<&'static str>,
    },
}

/// Where a credential comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Source {
    /// The client's own word for the way.
    pub(crate) method: &'static str,
    /// The place that decides it.
    pub(crate) place: Place,
    /// The client's rule by which this came first.
    pub(crate) rule: &'static str,
    /// What that place refers to in its turn: the file a variable names, or the credential a role is taken with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Box<Self>>,
}

/// A place that a client looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(crate) enum Place {
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
    },
    /// A line of a file.
    Line {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The key in it.
        key: String,
    },
    /// A file.
    File {
        /// Its path.
        file: PathBuf,
    },
    /// An entry of a file that is no list of lines.
    Entry {
        /// The file.
        file: PathBuf,
        /// What the entry is known by.
        entry: String,
    },
    /// A server.
    Address {
        /// Its URL, or its host.
        url: String,
    },
    /// Another program, which is asked.
    Program {
        /// Its path.
        path: PathBuf,
    },
}

impl Choice {
    /// It finds none, and asks nobody.
    pub(crate) const NOTHING: Self = Self::FindsNothing { asks: None };

    pub(crate) fn takes(method: &'static str, place: Place, rule: &'static str) -> Self {
        Self::Takes(Source { method, place, rule, from: None })
    }

    pub(crate) fn fails(place: Place, error: impl Into<String>) -> Self {
        Self::Fails { place: Some(place), error: error.into() }
    }

    /// The same as the end of a way that leads over `place`.
    pub(crate) fn through(self, method: &'static str, place: Place, rule: &'static str) -> Self {
        match self {
            Self::Takes(source) => Self::Takes(Source { method, place, rule, from: Some(Box::new(source)) }),
            other => other,
        }
    }
}

impl Place {
    pub(crate) fn variable(name: &str) -> Self {
        Self::Variable { name: name.to_owned() }
    }

    pub(crate) fn file(path: impl AsRef<Path>) -> Self {
        Self::File { file: path.as_ref().to_owned() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable { name } => f.write_str(name),
            Self::Line { file, line, key } => write!(f, "{}:{line} ({key})", file.display()),
            Self::File { file } => file.display().fmt(f),
            Self::Entry { file, entry } => write!(f, "{} ({entry})", file.display()),
            Self::Address { url } => f.write_str(url),
            Self::Program { path } => path.display().fmt(f),
        }
    }
}
