//! What a credential is shown as where nobody takes the cloud's own kind: at clusters, registries and git servers.

use std::fmt;
use std::time::SystemTime;

use serde::Serialize;

use crate::{BoxFuture, Credential, Failure, Secret};

/// Where a pass is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// The API server of a Kubernetes cluster.
    Cluster {
        /// The cluster's name, where its cloud wants to be told.
        name: Option<String>,
        /// The cluster's region, if it is not the login's.
        region: Option<String>,
    },
    /// A registry of container images.
    Registry {
        /// Its host, with the port if it has one.
        host: String,
    },
    /// A repository of git.
    Repository {
        /// Its host, with the port if it has one.
        host: String,
        /// Its path, if it is known, without a slash at the beginning.
        path: Option<String>,
        /// Whether the client can show a bearer token by itself, rather than as a password.
        takes_bearer: bool,
    },
}

impl Door {
    /// The same for any repository of a git server: what a provider is asked for is good for all of them.
    #[must_use]
    pub fn anywhere(&self) -> Self {
        match self {
            Self::Repository { host, takes_bearer, .. } => {
                Self::Repository { host: host.clone(), path: None, takes_bearer: *takes_bearer }
            }
            other => other.clone(),
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster { name: Some(name), .. } => write!(f, "the cluster {name}"),
            Self::Cluster { name: None, .. } => f.write_str("a cluster"),
            Self::Registry { host } | Self::Repository { host, .. } => f.write_str(host),
        }
    }
}

/// What is shown there: a user name and a password, or a bearer token.
#[derive(Debug, Clone)]
pub struct Pass {
    /// The user's name, which some servers want a secret in; a bearer token has none.
    pub user: Option<Secret>,
    /// The password or the token.
    pub secret: Secret,
    /// When it ends; `None`: with the credential that it was made from.
    pub expires_at: Option<SystemTime>,
    /// Whether somebody was asked for it, so that it is worth keeping for the next who wants it.
    pub was_asked_for: bool,
}

impl Pass {
    /// A bearer token.
    pub fn bearer(token: Secret) -> Self {
        Self { user: None, secret: token, expires_at: None, was_asked_for: false }
    }

    /// A password.
    pub fn password(user: impl Into<String>, password: Secret) -> Self {
        Self { user: Some(Secret::new(user)), ..Self::bearer(password) }
    }

    /// Lets it end at `instant`, or earlier if it ended earlier already.
    #[must_use]
    pub fn expiring_at(self, instant: SystemTime) -> Self {
        let end = self.expires_at.map_or(instant, |known| known.min(instant));
        Self { expires_at: Some(end), ..self }
    }

    /// Notes that somebody was asked for it.
    #[must_use]
    pub fn asked_for(self) -> Self {
        Self { was_asked_for: true, ..self }
    }
}

/// How well a login fits a door, as far as its config tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The door is of the login's cloud.
    Cloud,
    /// It is of the login's own account.
    Account,
}

/// What a pass is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The login's credential.
    Login,
    /// A credential for this recipient, by [`crate::Provider::exchange_for`].
    For(String),
}

/// A provider that makes passes.
pub trait Passes {
    /// How well the login fits; `None`: it has no pass for this door.
    fn fit(&self, door: &Door) -> Option<Fit>;

    /// What a pass for this door is made from.
    fn base(&self, door: &Door) -> Base;

    /// Makes one. Whatever it says of its end, it does not outlast `credential`.
    fn pass<'a>(&'a self, door: &'a Door, credential: &'a Credential)
    -> BoxFuture<'a, Result<Pass, Failure>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_user_nor_the_password_is_in_the_debug_output() {
        let pass = Pass::password("AKID%session-token", Secret::new("signature"));
        let shown = format!("{pass:?}");
        assert!(!shown.contains("session-token") && !shown.contains("signature"), "{shown}");
    }
}
