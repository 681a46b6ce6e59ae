//! Every access token that was handed out: whom it speaks for, for what, and for how long.

use std::collections::BTreeMap;
use std::io;
use std::time::SystemTime;

use super::attributes::Attributes;
use crate::keys::{Algorithm, KeyRing};
use crate::random;

/// What an access token stands for.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) principal: Principal,
    pub(super) scopes: Vec<String>,
    pub(super) expires_at: SystemTime,
}

/// Whom an access token speaks for.
#[derive(Debug, Clone)]
pub(super) enum Principal {
    /// Somebody of a pool, which is named by its resource name.
    Federated { pool: String, attributes: Attributes },
    /// A service account, by its address.
    ServiceAccount(String),
}

impl Principal {
    /// It, as a binding names it.
    pub(super) fn member(&self) -> String {
        match self {
            Self::Federated { pool, attributes } => {
                format!("principal://iam.googleapis.com/{pool}/subject/{}", attributes.subject)
            }
            Self::ServiceAccount(email) => format!("serviceAccount:{email}"),
        }
    }
}

/// All of them, by token.
#[derive(Default)]
pub(crate) struct Grants {
    by_token: BTreeMap<String, Grant>,
    /// What signs Google's own ID tokens. Google's are RSA keys, which take a second to make.
    keys: Option<KeyRing>,
}

impl Grants {
    /// Hands out a token, about as long as real ones are.
    pub(super) fn open(&mut self, grant: Grant) -> String {
        let kind = match grant.principal {
            Principal::Federated { .. } => 'd',
            Principal::ServiceAccount(_) => 'c',
        };
        let token = format!("ya29.{kind}.b0{}", random::letters(300));
        self.by_token.insert(token.clone(), grant);
        token
    }

    /// What a token stands for, be it over or not.
    pub(super) fn get(&self, token: &str) -> Option<&Grant> {
        self.by_token.get(token)
    }

    pub(super) fn keys(&mut self) -> io::Result<&mut KeyRing> {
        let made = self.keys.take().map_or_else(|| KeyRing::new(Algorithm::Rs256), Ok)?;
        Ok(self.keys.insert(made))
    }

    /// Ends them all.
    pub(crate) fn revoke(&mut self) {
        self.by_token.clear();
    }
}
