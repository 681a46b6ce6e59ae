//! A login: one configured line, resolved and built.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use evercred_core::Provider;
use serde::{Deserialize, Serialize};

use crate::outputs::Output;
use crate::sources::TokenSource;

/// One configured login: where its ID token comes from, who exchanges it, and what is written.
#[derive(Debug)]
pub struct Login {
    /// Its name.
    pub id: LoginId,
    /// A digest of everything it was configured with, source and outputs included: the same across restarts, and
    /// different as soon as any of it changes.
    pub fingerprint: String,
    /// Where its ID token comes from. Logins with the same source share one `Arc`.
    pub source: Arc<dyn TokenSource>,
    /// Who exchanges it.
    pub provider: Arc<dyn Provider>,
    /// What is written, in the order of the config.
    pub outputs: Vec<Box<dyn Output>>,
    /// When, and what happens if it cannot be renewed.
    pub policy: Policy,
}

/// The name of a login: its provider and its own name, such as `aws.default`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoginId(String);

impl LoginId {
    /// The login `[provider.name]`.
    pub fn new(provider: &str, name: &str) -> Self {
        Self(format!("{provider}.{name}"))
    }

    /// As it is written in config and on the command line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The provider's word, such as `aws`.
    pub fn provider(&self) -> &str {
        self.0.split_once('.').map_or(&*self.0, |(provider, _)| provider)
    }

    /// The login's own name, such as `default`.
    pub fn name(&self) -> &str {
        self.0.split_once('.').map_or("", |(_, name)| name)
    }
}

impl fmt::Display for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// When a login is refreshed, and what happens if it cannot be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// The longest time between two refreshes; without it, the credential's lifetime decides alone.
    pub refresh_every: Option<Duration>,
    /// What becomes of the outputs when the credential has expired.
    pub on_expiry: OnExpiry,
}

/// What becomes of the outputs when the credential in them has expired and no new one can be had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnExpiry {
    /// They stay as they are: programs fail with their cloud's own "expired".
    #[default]
    Keep,
    /// They are removed: programs fail for want of credentials, or fall back on others.
    Remove,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_dots_keeps_them() {
        let id = LoginId::new("aws", "team.dev");
        assert_eq!((id.provider(), id.name(), id.as_str()), ("aws", "team.dev", "aws.team.dev"));
    }
}
