//! A login: one configured line, kept fresh by the engine.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use evercred_core::Provider;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hooks::Hook;
use crate::outputs::Output;
use crate::sources::TokenSource;

/// Everything the engine needs to keep one login fresh, built from the config and never changed.
#[derive(Debug)]
pub struct Login {
    /// `aws.default`: the provider's kind and the login's name.
    pub id: LoginId,
    /// A digest of the resolved config, so that after a restart it is known whether what was published still
    /// is what is wanted.
    pub fingerprint: String,
    /// Where its ID tokens come from. Logins that share a source share this pointer.
    pub source: Arc<dyn TokenSource>,
    /// What exchanges them.
    pub provider: Arc<dyn Provider>,
    /// What the credential is written to.
    pub outputs: Vec<Box<dyn Output>>,
    /// When to refresh, and what to do at the end.
    pub policy: Policy,
    /// Whom it tells when something happens to it.
    pub hooks: Vec<Hook>,
}

/// A login's choices about time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Refresh at least this often, if half of the credential's life is longer.
    pub refresh_every: Option<Duration>,
    /// What happens to the outputs when a credential ends and no newer one could be had.
    pub on_expiry: OnExpiry,
}

/// What happens to outputs whose credential has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnExpiry {
    /// They stay, so that programs report an expired credential rather than none.
    #[default]
    Keep,
    /// They are removed, so that programs may fall back to another credential.
    Remove,
}

/// The name of a login: its provider's kind and its own name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LoginId {
    kind: String,
    name: String,
}

impl LoginId {
    /// The login `[kind.name]`. Whoever takes the name from somebody asks [`check_name`] first.
    pub fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned() }
    }

    /// The provider's kind, such as `aws`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The login's own name, such as `default`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The longest name: it becomes part of file names and of INI sections.
const LONGEST_NAME: usize = 64;

/// Whether something can be named so: 1 to 64 letters, digits, `_`, `-` or `.`, not beginning with a dot.
pub fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let sound = (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('.');
    if sound { Ok(()) } else { Err(format!("{name:?} cannot be a name")) }
}

impl fmt::Display for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)
    }
}

impl FromStr for LoginId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text
            .split_once('.')
            .ok_or_else(|| format!("{text:?} is not a login; write it like \"aws.default\""))?;
        check_name(kind)?;
        check_name(name)?;
        Ok(Self::new(kind, name))
    }
}

impl TryFrom<String> for LoginId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<LoginId> for String {
    fn from(id: LoginId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_dots_but_not_climb_out_of_its_folder() {
        assert_eq!("aws.team.dev".parse::<LoginId>().unwrap().name(), "team.dev");
        for text in ["aws", "aws.", "aws...", "aws.a/b", "aws.\u{e4}"] {
            assert!(text.parse::<LoginId>().is_err(), "{text}");
        }
    }
}
