//! What can be read with a login's credential: secrets, which have a life of their own.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{BoxFuture, BuildError, Configured, Credential, Failure, HumanDuration};

/// The side of a provider that keeps secrets for those who are logged in.
pub trait SecretStore: Debug + Send + Sync {
    /// Makes what reads the secret that `request` describes; does nothing that can be seen from outside.
    fn open(&self, request: SecretRequest) -> Result<Arc<dyn SecretReader>, BuildError>;
}

/// Reads one secret: one attempt, no retry, no cache, no sleep, as a [`crate::Provider`] exchanges.
///
/// What comes back is a credential with the field [`crate::Field::DATA`], a JSON object.
pub trait SecretReader: Debug + Send + Sync {
    /// What is read, in a few words. Not secret.
    fn describe(&self) -> String;

    /// What the user should know although nothing failed: see [`crate::Provider::notes`].
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Reads it with `login`, the credential of the login that it belongs to. A failure that says
    /// [`crate::Advice::NewToken`] means that *this credential* is dead.
    fn read<'a>(&'a self, login: &'a Credential) -> BoxFuture<'a, Result<Credential, Failure>>;

    /// Keeps `held` alive, which is [renewable](Credential::renewable): what of it can last lasts, what may have changed
    /// is read again. `None` means that it has to be [read](Self::read) anew as a whole.
    fn renew<'a>(
        &'a self,
        login: &'a Credential,
        held: &'a Credential,
    ) -> BoxFuture<'a, Result<Option<Credential>, Failure>> {
        let _ = (login, held);
        Box::pin(async { Ok(None) })
    }
}

/// What makes up a secret: one read, or several by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecretRequest {
    /// The path to read, as the HTTP API has it: `kv/data/app`, `database/creds/app`, `pki/issue/web`.
    pub path: Option<String>,
    /// The version to read, of a versioned store. Without it, the latest.
    #[schemars(range(min = 1))]
    pub version: Option<u64>,
    /// What to write to the path, whose answer then is the secret: `{ common_name = "web.acme.dev" }`. It may be empty.
    pub parameters: Option<Map<String, Value>>,
    /// How long the secret is good, where the answer does not say so.
    pub lifetime: Option<HumanDuration>,
    /// Several reads in one file, by the names they have in it. They change together.
    pub reads: BTreeMap<String, SecretRead>,
}

/// One of several reads.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRead {
    /// The path to read, as the HTTP API has it.
    pub path: String,
    /// The version to read, of a versioned store. Without it, the latest.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub version: Option<u64>,
    /// What to write to the path, whose answer then is the secret. It may be empty.
    #[serde(default)]
    pub parameters: Option<Map<String, Value>>,
    /// How long the secret is good, where the answer does not say so.
    #[serde(default)]
    pub lifetime: Option<HumanDuration>,
}

impl SecretRequest {
    /// Its reads by name; the only one of a secret that is not a composition has none.
    pub fn into_reads(self) -> Vec<(Option<String>, SecretRead)> {
        let Self { path, version, parameters, lifetime, reads } = self;
        match path {
            Some(path) => vec![(None, SecretRead { path, version, parameters, lifetime })],
            None => reads.into_iter().map(|(name, read)| (Some(name), read)).collect(),
        }
    }

    fn check(&self) -> Result<(), BuildError> {
        const EITHER: &str = "Write `path = \"kv/data/app\"`, or `reads.app = { path = \"kv/data/app\" }` for each of \
                              several reads.";
        if self.path.is_none() && self.reads.is_empty() {
            return Err(
                BuildError { key: None, message: "nothing is read".to_owned(), hint: None }.hint(EITHER)
            );
        }
        if self.path.is_some() && !self.reads.is_empty() {
            return Err(BuildError::at("reads", "there is a `path` beside it").hint(EITHER));
        }
        let of_one_read = [
            ("version", self.version.is_some()),
            ("parameters", self.parameters.is_some()),
            ("lifetime", self.lifetime.is_some()),
        ];
        match of_one_read.into_iter().find(|(_, is_there)| *is_there && self.path.is_none()) {
            Some((key, _)) => {
                Err(BuildError::at(key, format!("`{key}` is of one read, and there are several"))
                    .hint(format!("Put `{key}` into the one it belongs to.")))
            }
            None => Ok(()),
        }
    }
}

impl<Context> Configured<Context> for SecretRequest {
    type Built = Self;

    fn build(self, _: &Context) -> Result<Self, BuildError> {
        self.check().map(|()| self)
    }
}
