//! One line of the audit log. The field names are stable; `evercred config schema audit` prints their schema.

use std::path::PathBuf;
use std::time::SystemTime;

use evercred_core::{Credential, Failure, IdToken};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::engine::attempt_error::{Stage, causes};
use crate::time::{Clock, rfc3339};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An ID token was exchanged for a credential, or a secret was read with one.
    Exchange,
    /// The credential in use was kept alive.
    Renewal,
    /// There was no ID token, or the provider refused it, or the credential, or its renewal.
    Refusal,
    /// A file was written, or could not be.
    Publish,
    /// The provider was asked to end the credential.
    Revocation,
    /// Everything of the login was taken out of its files.
    LogOut,
    /// Another process asked evercred for something.
    Request,
}

/// One line of the audit log. What is not known, or has no meaning for an event, is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When it happened (RFC 3339).
    #[serde(with = "rfc3339")]
    #[schemars(with = "String")]
    pub time: SystemTime,
    /// What happened.
    pub event: Kind,
    /// How it went: `ok`, or what is done about the failure: `retry`, `unreachable`, `new_token` or
    /// `needs_attention`.
    pub outcome: String,
    /// The login, such as `aws.default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The provider's kind, such as `aws`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The audience that ID tokens are minted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The ID token that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// Whom the credential speaks for, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When the credential ends (RFC 3339).
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub expires_at: Option<SystemTime>,
    /// The provider's identifier of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// The step that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Why it failed: a sentence with its causes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What that most likely means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many refusals like the last one were not written since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<u64>,
    /// Who asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<Peer>,
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The number of the process that writes this.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
}

/// What is said of an ID token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Its `iss`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Its `aud`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// Its `iat` (RFC 3339).
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub issued_at: Option<SystemTime>,
    /// Its `exp` (RFC 3339).
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub expires_at: Option<SystemTime>,
    /// The first 12 hexadecimal digits of its SHA-256.
    pub sha256: String,
}

/// Another process, as the kernel knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Its number.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
}

/// The outcome of what went well.
const OK: &str = "ok";

/// So many bytes of a token's hash are shown.
const SHOWN: usize = 6;

impl Entry {
    pub(super) fn new(event: Kind, clock: &dyn Clock) -> Self {
        Self {
            time: clock.now(),
            event,
            outcome: OK.to_owned(),
            login: None,
            provider: None,
            audience: None,
            token: None,
            subject: None,
            expires_at: None,
            request_id: None,
            path: None,
            stage: None,
            message: None,
            reason: None,
            repeated: None,
            peer: None,
            request: None,
            pid: std::process::id(),
            uid: rustix::process::geteuid().as_raw(),
        }
    }

    pub(super) fn with_credential(self, credential: &Credential) -> Self {
        Self {
            subject: Some(credential.subject().to_owned()),
            expires_at: credential.expires_at(),
            request_id: credential.request_id().map(str::to_owned),
            ..self
        }
    }

    pub(super) fn with_failure(self, failure: &Failure) -> Self {
        Self {
            outcome: failure.advice().class().to_owned(),
            message: Some([vec![failure.to_string()], causes(failure)].concat().join(": ")),
            reason: failure.likely_reason().map(str::to_owned),
            request_id: failure.provider_request_id().map(str::to_owned).or(self.request_id),
            ..self
        }
    }
}

impl Token {
    pub(super) fn of(token: &IdToken) -> Self {
        let claims = token.claims();
        let digest = Sha256::digest(token.raw().expose());
        let shown = digest.iter().take(SHOWN).fold(0_u64, |shown, byte| shown << 8 | u64::from(*byte));
        Self {
            subject: claims.subject().map(str::to_owned),
            issuer: claims.issuer().map(str::to_owned),
            audience: claims.audiences().into_iter().map(str::to_owned).collect(),
            issued_at: claims.issued_at(),
            expires_at: claims.expires_at(),
            sha256: format!("{shown:012x}"),
        }
    }
}
