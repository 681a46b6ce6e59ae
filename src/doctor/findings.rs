//! What is wrong on this machine: each finding is a sentence, where it is, and what would help.

mod daemon;
mod files;
mod leftovers;
mod usage;

use std::fmt::Display;

use schemars::JsonSchema;
use serde::Serialize;

use crate::login::LoginId;

pub(crate) use daemon::daemon;
pub(crate) use files::{files, restrict};
pub(crate) use leftovers::{clear, leftovers, strangers};
pub(crate) use usage::usage;

/// One finding.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// The login that it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(crate) login: Option<LoginId>,
    /// Where it is: a file, a line of one, a variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// What is found.
    pub(crate) message: String,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
    /// Whether `--fix` does that.
    pub(crate) fixable: bool,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Programs do not get the credential, or others do.
    Error,
    /// They will not, or something is left to chance.
    Warning,
    /// Worth knowing.
    Note,
}

impl Finding {
    pub(crate) fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, login: None, place: None, message: message.into(), remedy: None, fixable: false }
    }

    pub(crate) fn of(self, login: &LoginId) -> Self {
        Self { login: Some(login.clone()), ..self }
    }

    pub(crate) fn at(self, place: impl Display) -> Self {
        Self { place: Some(format!("{place}")), ..self }
    }

    pub(crate) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    pub(crate) fn fixable(self) -> Self {
        Self { fixable: true, ..self }
    }
}
