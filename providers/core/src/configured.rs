//! How a provider, a token source or an output comes out of its config.

use serde::de::DeserializeOwned;

use crate::BuildError;

/// A config table that can be built into what it configures.
///
/// The type *is* the documentation of its keys: its serde attributes say which there are, its doc comments and
/// `schemars` make the JSON schema. Declare `#[serde(deny_unknown_fields)]`, and neither `untagged` nor `flatten`,
/// which spoil the messages.
pub trait Configured<Context>: DeserializeOwned + schemars::JsonSchema + 'static {
    /// What it configures.
    type Built;

    /// Builds it; does nothing that can be seen from outside.
    fn build(self, context: &Context) -> Result<Self::Built, BuildError>;
}
