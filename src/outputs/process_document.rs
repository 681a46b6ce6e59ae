//! The answer of a `credential_process`, kept as a file.
//!
//! The format is [AWS's](https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html).

use std::fmt::Display;
use std::path::Path;
use std::time::SystemTime;

use evercred_core::{Advice, BuildError, Credential, Failure, Field, Secret};
use serde::Serialize;
use serde_json::Value;

use super::demand::kept_back;
use super::whole_file::{Document, WholeFile, target};
use super::{OutputContext, required};
use crate::files::Target;
use crate::time::rfc3339;

/// The document; its file is the program's own business, so nothing about it can be configured.
#[derive(Debug)]
pub(super) struct ProcessDocument;

impl ProcessDocument {
    pub(super) fn build(context: &OutputContext) -> Result<WholeFile<Self>, BuildError> {
        Ok(WholeFile {
            target: target(None, None, EXTENSION, context)?,
            needs: vec![Field::ACCESS_KEY_ID, Field::SECRET_ACCESS_KEY, Field::SESSION_TOKEN],
            document: Self,
        })
    }
}

impl Document for ProcessDocument {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        answer(credential, &target.path.display())
    }

    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        let Ok(document) = serde_json::from_slice::<Value>(current) else { return Vec::new() };
        let known = FIELDS.iter().filter_map(|(name, field)| Some((*field, document.get(name)?.as_str()?)));
        known.map(|(field, value)| (field, Secret::new(value))).collect()
    }
}

/// The file that the `profile` output of a login keeps for its SDKs, if it is one of these files.
pub fn document_of<'t>(login: &str, mut files: impl Iterator<Item = &'t Path>) -> Option<&'t Path> {
    let name = format!("{login}.{EXTENSION}");
    files.find(|path| path.file_name().is_some_and(|file| file.to_str() == Some(&name)))
}

/// What a `credential_process` prints: one line. `place` says in an error where it was to go.
pub fn answer(credential: &Credential, place: &dyn Display) -> Result<Vec<u8>, Failure> {
    let field = |field| required(credential, field, place).map(Secret::expose);
    let answer = Answer {
        version: 1,
        access_key_id: field(Field::ACCESS_KEY_ID)?,
        secret_access_key: field(Field::SECRET_ACCESS_KEY)?,
        session_token: field(Field::SESSION_TOKEN)?,
        expiration: reported_expiry(credential).map(rfc3339::seconds),
        account_id: credential.field(Field::ACCOUNT_ID).map(Secret::expose),
    };
    let mut line = serde_json::to_vec(&answer).map_err(|error| {
        Failure::new("write the credential", place.to_string(), Advice::NeedsAttention).caused_by(error)
    })?;
    line.push(b'\n');
    Ok(line)
}

const EXTENSION: &str = "json";

/// The fields by their names in the document.
const FIELDS: [(&str, Field); 4] = [
    ("AccessKeyId", Field::ACCESS_KEY_ID),
    ("SecretAccessKey", Field::SECRET_ACCESS_KEY),
    ("SessionToken", Field::SESSION_TOKEN),
    ("AccountId", Field::ACCOUNT_ID),
];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    /// Readers want the number, not a string.
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    session_token: &'a str,
    /// Without it no SDK would ever ask again.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
}

/// When the document says that the session ends.
pub(super) fn reported_expiry(credential: &Credential) -> Option<SystemTime> {
    let end = credential.expires_at()?;
    let lifetime = end.duration_since(credential.issued_at()).unwrap_or_default();
    end.checked_sub(kept_back(lifetime))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Output;
    use super::super::testing::{context, credential, text};
    use super::*;

    #[test]
    fn the_document_is_one_line_as_aws_defines_it() {
        let output = ProcessDocument::build(&context()).unwrap();
        assert_eq!(output.target().path.to_str(), Some("/home/dev/.local/state/evercred/aws.default.json"));
        insta::assert_snapshot!(text(output.render(&credential(), None).unwrap()), @r#"{"Version":1,"AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"wJalr/XUtn+FEMI=","SessionToken":"FwoGZXIvYXdzEXAMPLE==","Expiration":"2026-11-22T20:55:00Z","AccountId":"123456789012"}"#);
    }

    #[test]
    fn the_session_can_be_read_back_from_its_document() {
        let output = ProcessDocument::build(&context()).unwrap();
        let recalled = output.recall(&output.render(&credential(), None).unwrap());
        let expected = FIELDS.map(|(_, field)| field);
        assert_eq!(recalled.iter().map(|(field, _)| *field).collect::<Vec<_>>(), expected);
        for (field, secret) in &recalled {
            assert_eq!(Some(secret.expose()), credential().field(*field).map(Secret::expose));
        }
        assert!(output.recall(b"{}").is_empty());
    }

    #[test]
    fn a_short_session_loses_a_twelfth_and_a_long_one_five_minutes() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_hours(1000);
        for (lifetime, kept_back) in [(12 * 3600, 300), (3600, 300), (900, 75), (24, 2), (0, 0)] {
            let end = start + Duration::from_secs(lifetime);
            let credential = Credential::new("me", start).expiring_at(end);
            assert_eq!(
                reported_expiry(&credential),
                Some(end - Duration::from_secs(kept_back)),
                "{lifetime}"
            );
        }
    }

    #[test]
    fn a_credential_without_a_session_token_is_refused_by_name() {
        let bare = Credential::new("me", SystemTime::UNIX_EPOCH)
            .with(Field::ACCESS_KEY_ID, evercred_core::Secret::new("a"))
            .with(Field::SECRET_ACCESS_KEY, evercred_core::Secret::new("b"));
        let output = ProcessDocument::build(&context()).unwrap();
        let failure = output.render(&bare, None).unwrap_err();
        assert!(failure.to_string().ends_with("the credential has no `session_token`"), "{failure}");
    }
}
