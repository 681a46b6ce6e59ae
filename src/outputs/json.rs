//! `json`: the credential as a JSON object, for scripts and anything of your own.

use std::collections::BTreeMap;

use evercred_core::{Advice, BuildError, Configured, Credential, Failure, Field, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::field_choice::choose;
use super::mode::Mode;
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, required};
use crate::files::Target;
use crate::time::rfc3339;

/// A JSON object with the fields of the credential, its `subject`, and its `expiration` if it has one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// Where the file is, absolute or with `~/`; `LOGIN.credential.json` in the state folder if not set.
    path: Option<String>,
    /// The file's permission bits, `"0600"` if not set.
    mode: Option<Mode>,
    /// The fields to write; if not set, all that the provider gives.
    fields: Option<Vec<String>>,
    /// Whether to write one field a line; otherwise all stand on one line.
    pretty: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { path: None, mode: None, fields: None, pretty: true }
    }
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let chosen = |names: Vec<String>| names.iter().map(|name| choose("fields", name, context)).collect();
        let fields: Option<Vec<Field>> = self.fields.map(chosen).transpose()?;
        let document = Object {
            known: context.provides.clone(),
            with_id_token: context.provides.contains(&Field::ID_TOKEN),
            fields: fields.clone(),
            pretty: self.pretty,
        };
        // `aws.default.json` is taken by the process document.
        let target = target(self.path.as_deref(), self.mode, "credential.json", context)?;
        Ok(vec![Box::new(WholeFile { target, needs: fields.unwrap_or_default(), document })])
    }
}

#[derive(Debug)]
struct Object {
    fields: Option<Vec<Field>>,
    /// All that it may hold.
    known: Vec<Field>,
    /// Whether the ID token counts as one of all fields. The attempt may have added it for another output only.
    with_id_token: bool,
    pretty: bool,
}

impl Document for Object {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        let mut object: BTreeMap<&str, &str> = BTreeMap::from([("subject", credential.subject())]);
        let expiration = credential.expires_at().map(rfc3339::seconds);
        object.extend(expiration.as_deref().map(|instant| ("expiration", instant)));
        if let Some(fields) = &self.fields {
            for field in fields {
                object.insert(field.name(), required(credential, *field, target.path.display())?.expose());
            }
        } else {
            let wanted = |(field, _): &(Field, _)| self.with_id_token || *field != Field::ID_TOKEN;
            let all = credential.fields().filter(wanted);
            object.extend(all.map(|(field, secret)| (field.name(), secret.expose())));
        }
        let write = if self.pretty { serde_json::to_vec_pretty } else { serde_json::to_vec };
        let mut bytes = write(&object).map_err(|error| {
            Failure::new("write the credential", target.path.display().to_string(), Advice::NeedsAttention)
                .caused_by(error)
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        let mut object: BTreeMap<String, String> = serde_json::from_slice(current).unwrap_or_default();
        let fields = self.fields.as_ref().unwrap_or(&self.known);
        let found = |field: &Field| Some((*field, Secret::new(object.remove(field.name())?)));
        fields.iter().filter_map(found).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, credential, text};
    use super::*;

    fn write(config: Config) -> String {
        let outputs = config.build(&context()).unwrap();
        text(outputs[0].render(&credential(), None).unwrap())
    }

    #[test]
    fn all_fields_are_written_but_an_id_token_that_is_there_for_others() {
        insta::assert_snapshot!(write(Config::default()), @r#"
        {
          "access_key_id": "ASIAEXAMPLE",
          "account_id": "123456789012",
          "expiration": "2026-11-22T21:00:00Z",
          "secret_access_key": "wJalr/XUtn+FEMI=",
          "session_token": "FwoGZXIvYXdzEXAMPLE==",
          "subject": "arn:aws:sts::123456789012:assumed-role/dev/ona"
        }
        "#);
    }

    #[test]
    fn chosen_fields_stand_on_one_line_if_wanted() {
        let fields = Some(vec!["id_token".to_owned(), "access_key_id".to_owned()]);
        insta::assert_snapshot!(write(Config { fields, pretty: false, ..Config::default() }), @r#"{"access_key_id":"ASIAEXAMPLE","expiration":"2026-11-22T21:00:00Z","id_token":"e30.e30.c2ln","subject":"arn:aws:sts::123456789012:assumed-role/dev/ona"}"#);
    }

    #[test]
    fn what_is_written_can_be_read_back() {
        let provides = vec![Field::ACCESS_KEY_ID, Field::SECRET_ACCESS_KEY];
        let output = &Config::default().build(&OutputContext { provides, ..context() }).unwrap()[0];
        let recalled = output.recall(&output.render(&credential(), None).unwrap());
        let names: Vec<_> = recalled.iter().map(|(field, _)| field.name()).collect();
        assert_eq!(names, ["access_key_id", "secret_access_key"]);
        assert_eq!(recalled[0].1.expose(), "ASIAEXAMPLE");
    }

    #[test]
    fn chosen_fields_are_needed() {
        let config = Config { fields: Some(vec!["id_token".to_owned()]), ..Config::default() };
        assert_eq!(config.build(&context()).unwrap()[0].needs(), [Field::ID_TOKEN]);
    }
}
