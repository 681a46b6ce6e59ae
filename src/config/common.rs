//! The keys that every login has, whatever its provider.

use evercred_core::{BuildError, Configured, HumanDuration};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::kind::Kind;
use super::problem::Problem;
use super::tree::{self, Section};
use crate::login::{OnExpiry, Policy};

/// The key that holds the outputs; their kinds read it.
pub(crate) const OUTPUTS: &str = "outputs";

/// The common keys; no provider may have one of the same name.
pub(crate) const KEYS: [&str; 4] = ["source", OUTPUTS, "refresh_every", "on_expiry"];

const KIND: Kind<Common, ()> = Kind::of::<Config>("login");

/// What the common keys say, apart from the outputs.
#[derive(Debug)]
pub(crate) struct Common {
    /// The name of a token source, unless it is the default one.
    pub(crate) source: Option<String>,
    pub(crate) policy: Policy,
}

/// Reads the common keys of a login's table.
pub(crate) fn read(login: &Section<'_>) -> Result<Common, Vec<Problem>> {
    KIND.build(&tree::without(login, |key| key == OUTPUTS || !KEYS.contains(&key)), &[], &())
}

/// The schema of the common keys, without `outputs`.
pub(crate) fn schema() -> Value {
    KIND.schema()
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
}

impl Configured<()> for Config {
    type Built = Common;

    fn build(self, (): &()) -> Result<Common, BuildError> {
        let refresh_every = self.refresh_every.map(HumanDuration::get);
        if refresh_every.is_some_and(|every| every.is_zero()) {
            return Err(BuildError::at("refresh_every", "a login cannot be refreshed all the time")
                .hint("Write a duration such as \"15m\", or leave it out."));
        }
        Ok(Common { source: self.source, policy: Policy { refresh_every, on_expiry: self.on_expiry } })
    }
}
