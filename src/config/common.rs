//! The keys that every login has, whatever its provider.

use std::rc::Rc;

use evercred_core::{BuildError, Configured, Environment, HumanDuration};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::account::Account;
use super::kind::Kind;
use super::problem::Problem;
use super::schema::Schemas;
use super::tree::{self, Section};
use crate::doors;
use crate::hooks::{self, Hook};
use crate::login::{OnExpiry, Policy};

/// The key that holds the outputs; their kinds read it.
pub(crate) const OUTPUTS: &str = "outputs";

/// The key that holds the secrets that are read with the login.
pub(crate) const SECRETS: &str = "secrets";

/// The common keys; no provider may have one of the same name.
pub(crate) const KEYS: [&str; 8] =
    ["source", OUTPUTS, SECRETS, "refresh_every", "on_expiry", "hooks", "hosts", "user"];

const KIND: Kind<Common, Environment> = Kind::of::<Config>("login");

/// What the common keys say, apart from the outputs and the secrets.
#[derive(Debug)]
pub(crate) struct Common {
    /// The name of a token source, unless it is the default one.
    pub(crate) source: Option<String>,
    pub(crate) policy: Policy,
    pub(crate) hooks: Vec<Hook>,
    /// The registries and git servers that it is for.
    pub(crate) hosts: Vec<String>,
    /// Whose the files are, if it is said.
    pub(crate) account: Option<Account>,
}

/// Reads the common keys of a login's table; its hooks run in `environment`.
pub(crate) fn read(
    schemas: &Schemas,
    login: &Section<'_>,
    environment: &Environment,
) -> Result<Common, Vec<Problem>> {
    let theirs = |key: &str| key == OUTPUTS || key == SECRETS || !KEYS.contains(&key);
    KIND.build(schemas, &tree::without(login, theirs), &[], environment)
}

/// The schema of the common keys, without `outputs` and `secrets`.
pub(crate) fn schema(schemas: &Schemas) -> Rc<Value> {
    KIND.schema(schemas)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The name of the token source, from `[sources.NAME]`. Without it, `[source]` counts.
    source: Option<String>,
    /// The longest time between two refreshes. Without it, the credential's lifetime decides alone.
    refresh_every: Option<HumanDuration>,
    /// What becomes of the outputs when the credential has expired and no new one can be had.
    #[serde(default)]
    on_expiry: OnExpiry,
    /// Whom to tell when an output changed, or when the login begins to fail or is fresh again.
    #[serde(default)]
    hooks: Vec<hooks::Config>,
    /// The registries and git servers that get passwords of this login and no other, by their hosts:
    /// `"123456789012.dkr.ecr.eu-west-1.amazonaws.com"`, or `"*.azurecr.io"` for several. Without it, docker's and git's
    /// helpers use the login for every host of its cloud; of several logins the one of a registry's account, then the one
    /// named `default`, then the first by name.
    #[serde(default)]
    hosts: Vec<String>,
    /// The user whose the files are, secrets included, by the name in the system's list: for an evercred that runs as
    /// root for several users. `~/` and all usual places are in that user's home then. By default the user that runs
    /// evercred.
    user: Option<String>,
}

impl Configured<Environment> for Config {
    type Built = Common;

    fn build(self, environment: &Environment) -> Result<Common, BuildError> {
        let policy = policy(self.refresh_every, self.on_expiry)?;
        let account = self.user.as_deref().map(Account::of).transpose()?;
        let hooks = hooks::build(self.hooks, environment)?;
        check_hosts(&self.hosts)?;
        Ok(Common { source: self.source, policy, hooks, hosts: self.hosts, account })
    }
}

fn check_hosts(hosts: &[String]) -> Result<(), BuildError> {
    match hosts.iter().find(|host| !doors::is_pattern(host)) {
        None => Ok(()),
        Some(wrong) => Err(BuildError::at("hosts", format!("{wrong:?} is not a host")).hint(
            "Write it like \"gcr.io\" or \"*.azurecr.io\", in small letters and without \"https://\".",
        )),
    }
}

/// What these two keys say, of a login as of a secret.
pub(super) fn policy(
    refresh_every: Option<HumanDuration>,
    on_expiry: OnExpiry,
) -> Result<Policy, BuildError> {
    let refresh_every = refresh_every.map(HumanDuration::get);
    if refresh_every.is_some_and(|every| every.is_zero()) {
        return Err(BuildError::at("refresh_every", "a login cannot be refreshed all the time")
            .hint("Write a duration such as \"15m\", or leave it out."));
    }
    Ok(Policy { refresh_every, on_expiry })
}
