//! `token-file`: one field, raw, for anything that reads a token from a file.
//!
//! There is no final newline, because about half of all readers would send it along.

use evercred_core::{BuildError, Configured, Credential, Failure, Field, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::field_choice::choose;
use super::mode::Mode;
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, required};
use crate::files::Target;

/// A file with one field of the credential and nothing else, not even a final newline.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// Where the file is, absolute or with `~/`; `LOGIN.token` in the state folder if not set.
    path: Option<String>,
    /// The file's permission bits, `"0600"` if not set.
    mode: Option<Mode>,
    /// The field to write; if not set, the login's only field, its `vault_token`, or else `id_token`.
    field: Option<String>,
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let field = match (&self.field, context.provides.as_slice()) {
            (Some(name), _) => choose("field", name, context)?,
            (None, [only]) => *only,
            (None, all) if all.contains(&Field::VAULT_TOKEN) => Field::VAULT_TOKEN,
            (None, _) => Field::ID_TOKEN,
        };
        let target = target(self.path.as_deref(), self.mode, "token", context)?;
        Ok(vec![Box::new(WholeFile { target, needs: vec![field], document: RawField(field) })])
    }
}

/// A file that is one field.
#[derive(Debug)]
pub(super) struct RawField(pub(super) Field);

impl Document for RawField {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        Ok(required(credential, self.0, target.path.display())?.expose().as_bytes().to_vec())
    }

    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        let text = str::from_utf8(current).map(|text| Secret::new(text.trim()));
        text.map(|secret| (self.0, secret)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, credential};
    use super::*;

    #[test]
    fn the_id_token_is_written_without_a_newline() {
        let outputs = Config::default().build(&context()).unwrap();
        assert_eq!(outputs[0].needs(), [Field::ID_TOKEN]);
        assert_eq!(outputs[0].render(&credential(), None).unwrap(), b"e30.e30.c2ln");
    }

    #[test]
    fn of_a_vault_login_the_token_is_written_and_can_be_recalled() {
        let context =
            OutputContext { provides: vec![Field::new("vault_addr"), Field::VAULT_TOKEN], ..context() };
        let output = &Config::default().build(&context).unwrap()[0];
        assert_eq!(output.needs(), [Field::VAULT_TOKEN]);
        let (field, secret) = output.recall(b"s.token\n").pop().unwrap();
        assert_eq!((field, secret.expose()), (Field::VAULT_TOKEN, "s.token"));
    }

    #[test]
    fn the_only_field_of_a_login_is_the_one() {
        let only = Field::new("client_token");
        let context = OutputContext { provides: vec![only], ..context() };
        assert_eq!(Config::default().build(&context).unwrap()[0].needs(), [only]);
    }
}
