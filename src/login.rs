//! A login: one configured line, kept fresh by the engine.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use evercred_core::{Field, Provider, SecretReader};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::endpoints::Endpoint;
use crate::files::Target;
use crate::hooks::Hook;
use crate::outputs::Output;
use crate::outputs::consumers::Served;
use crate::outputs::demand::Demand;
use crate::sources::TokenSource;

/// Everything the engine needs to keep one login fresh, built from the config and never changed.
#[derive(Debug)]
pub struct Login {
    /// `aws.default`: the provider's kind and the login's name.
    pub id: LoginId,
    /// A digest of the resolved config, so that after a restart it is known whether what was published still
    /// is what is wanted.
    pub fingerprint: String,
    /// Where its credential comes from.
    pub origin: Origin,
    /// What the credential is written to.
    pub outputs: Vec<Box<dyn Output>>,
    /// By which ways these outputs are read, and by whom.
    pub served: Vec<Served>,
    /// When to refresh, and what to do at the end.
    pub policy: Policy,
    /// Whom it tells when something happens to it.
    pub hooks: Vec<Hook>,
    /// Where it stands for programs why it has no good credential, while it has none.
    pub reason: Target,
    /// The registries and git servers that it is for, as patterns; none: all of its cloud.
    pub hosts: Vec<String>,
    /// Whether secrets are read with its credential, which then has to be at hand between two attempts.
    pub has_secrets: bool,
}

/// Where a login's credential comes from.
#[derive(Debug)]
pub enum Origin {
    /// An ID token is exchanged for it.
    Exchange {
        /// Where the ID tokens come from. Logins that share a source share this pointer.
        source: Arc<dyn TokenSource>,
        /// What exchanges them.
        provider: Arc<dyn Provider>,
    },
    /// It is a secret, read with the credential of another login.
    Secret {
        /// That login; it is none of these itself.
        login: Arc<Login>,
        /// What reads it.
        reader: Arc<dyn SecretReader>,
    },
}

impl Login {
    /// Whether a config that has `other` asks for nothing else than one that has this.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let what = |login: &Self| (login.id.clone(), login.fingerprint.clone(), login.has_secrets);
        what(self) == what(other)
    }

    /// Where programs ask for its credential.
    pub fn endpoints(&self) -> impl Iterator<Item = Arc<dyn Endpoint>> {
        self.outputs.iter().filter_map(|output| output.endpoint())
    }

    /// What its endpoints answer with.
    pub fn serves_fields(&self) -> impl Iterator<Item = Field> {
        let serving = self.outputs.iter().filter(|output| output.endpoint().is_some());
        serving.flat_map(|output| output.needs().iter().copied())
    }

    /// Whether its credential has to be in the memory of a daemon.
    pub fn is_asked_for(&self) -> bool {
        self.has_secrets || self.endpoints().next().is_some()
    }

    /// The login that a secret is read with; none, if this is no secret.
    pub fn lender(&self) -> Option<&Arc<Self>> {
        match &self.origin {
            Origin::Exchange { .. } => None,
            Origin::Secret { login, .. } => Some(login),
        }
    }

    /// Where the ID tokens come from: those of the login that a secret is read with, too.
    pub fn source(&self) -> &Arc<dyn TokenSource> {
        match &self.origin {
            Origin::Exchange { source, .. } => source,
            Origin::Secret { login, .. } => login.source(),
        }
    }

    /// What exchanges them.
    pub fn provider(&self) -> &dyn Provider {
        match &self.origin {
            Origin::Exchange { provider, .. } => provider.as_ref(),
            Origin::Secret { login, .. } => login.provider(),
        }
    }

    /// What reads the secret, if this is one.
    pub fn reader(&self) -> Option<&dyn SecretReader> {
        match &self.origin {
            Origin::Exchange { .. } => None,
            Origin::Secret { reader, .. } => Some(reader.as_ref()),
        }
    }

    /// A file that somebody else may change, whereupon an attempt is worth while.
    pub fn watched(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Exchange { source, .. } => source.watched(),
            Origin::Secret { .. } => None,
        }
    }

    /// The fields that every credential of this login has.
    pub fn provides(&self) -> &[Field] {
        match &self.origin {
            Origin::Exchange { provider, .. } => provider.provides(),
            Origin::Secret { .. } => &[Field::DATA],
        }
    }

    /// What those who read the outputs ask of the credential's life.
    pub fn demand(&self) -> Demand {
        Demand::of(&self.served)
    }

    /// What the user should know although nothing failed.
    pub fn notes(&self) -> Vec<String> {
        match &self.origin {
            Origin::Exchange { provider, .. } => provider.notes(),
            Origin::Secret { reader, .. } => reader.notes(),
        }
    }
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

    /// The secret `name` that is read with this login.
    #[must_use]
    pub fn secret(&self, name: &str) -> Self {
        Self::new(&self.kind, &format!("{}.{name}", self.name))
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
