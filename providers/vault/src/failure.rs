//! From the client's errors to what the user is told.

use evercred_core::{Advice, Failure, SecretRead, Template};
use evercred_http::network_failure;
use rustify::errors::ClientError as WireError;
use serde_json::Value;
use vaultrs::error::ClientError;

use crate::refusal;

/// What was asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    LogIn,
    Renew,
    Revoke,
    Read,
    Write,
    RenewLease,
}

impl Call {
    /// How a secret is got.
    pub(crate) fn of(read: &SecretRead) -> Self {
        if read.parameters.is_some() { Self::Write } else { Self::Read }
    }

    pub(crate) const fn operation(self) -> &'static str {
        match self {
            Self::LogIn => "log in with the ID token",
            Self::Renew => "renew the token",
            Self::Revoke => "revoke the token",
            Self::Read => "read the secret",
            Self::Write => "have the secret made",
            Self::RenewLease => "renew the lease",
        }
    }
}

/// One call, in the words that a failure of it needs.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) call: Call,
    /// Where it went.
    pub(crate) place: &'a str,
    /// What stands for the names in braces in the remedies.
    pub(crate) names: Vec<(&'static str, String)>,
}

/// The HTTP status of an answer that is an error.
pub(crate) fn status(error: &ClientError) -> Option<u16> {
    match error {
        ClientError::APIError { code, .. }
        | ClientError::RestClientError { source: WireError::ServerResponseError { code, .. } } => Some(*code),
        _ => None,
    }
}

impl Asked<'_> {
    pub(crate) fn failure(&self, advice: Advice) -> Failure {
        Failure::new(self.call.operation(), self.place, advice)
    }

    /// Explains an error of the client. Its own text says little, and its `Debug` holds whole answers.
    pub(crate) fn explain(&self, error: ClientError) -> Failure {
        match error {
            ClientError::APIError { code, errors } => self.refused(code, &errors),
            ClientError::RestClientError { source } => self.on_the_wire(source),
            _ => self.not_understood(),
        }
    }

    fn on_the_wire(&self, error: WireError) -> Failure {
        match error {
            // A standby's redirect has no words at all.
            WireError::ServerResponseError { code: REDIRECT, .. } => self.refused(REDIRECT, &[]),
            WireError::ServerResponseError { code, content } => {
                let answer: Value =
                    content.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
                match (self.gone(&answer), words(&answer)) {
                    (Some(gone), _) => gone,
                    (None, Some(said)) => self.refused(code, &said),
                    (None, None) => self.foreign(code),
                }
            }
            WireError::RequestError { source, .. } | WireError::ResponseError { source } => {
                match source.downcast::<reqwest::Error>() {
                    Ok(error) => network_failure(self.call.operation(), self.place, error),
                    Err(_) => self.not_understood(),
                }
            }
            _ => self.not_understood(),
        }
    }

    fn refused(&self, status: u16, errors: &[String]) -> Failure {
        let said = errors.iter().map(|error| error.trim()).collect::<Vec<_>>().join("; ");
        let refusal = refusal::find(self.call, status, &said);
        let message = if said.is_empty() { refusal.meaning } else { &said };
        let failure = self.failure(refusal.advice).code(status.to_string()).message(message);
        failure.reason(refusal.meaning).remedied(Template(refusal.remedy), &self.names)
    }

    /// A version that was deleted or destroyed is answered with what is still known of it.
    fn gone(&self, answer: &Value) -> Option<Failure> {
        let metadata = answer["data"]["metadata"].as_object()?;
        let version = metadata.get("version")?.as_u64()?;
        let deleted_at = metadata.get("deletion_time")?.as_str()?;
        let (what, hint) = if metadata.get("destroyed")?.as_bool()? {
            (format!("version {version} was destroyed"), "Write the secret again, or name another `version`.")
        } else {
            let hint = "Write the secret again, bring the version back (`bao kv undelete`), or name another `version`.";
            (format!("version {version} was deleted at {deleted_at}"), hint)
        };
        Some(self.failure(Advice::NeedsAttention).message(what).hint(hint))
    }

    /// A good answer without what was asked for.
    pub(crate) fn empty(&self) -> Failure {
        self.failure(Advice::NeedsAttention)
            .message("the answer holds no data")
            .hint("Check `path`: what is there is not a secret.")
    }

    /// An answer that has not the shape of Vault's errors: a proxy's page, or another server's.
    fn foreign(&self, status: u16) -> Failure {
        let may_pass = matches!(status, 408 | 429 | 500..);
        self.failure(if may_pass { Advice::RETRY } else { Advice::NeedsAttention })
            .message(format!("HTTP status {status}, and not in the words of Vault"))
            .hint(NOT_VAULT)
    }

    pub(crate) fn not_understood(&self) -> Failure {
        self.failure(Advice::RETRY).message("the answer is not one of Vault").hint(NOT_VAULT)
    }
}

/// `307 Temporary Redirect`.
const REDIRECT: u16 = 307;

const NOT_VAULT: &str = "Check that `address` is that of Vault or OpenBao, and the proxy variables (HTTPS_PROXY, \
                         NO_PROXY): something between here and there may have answered in its place.";

/// What the server said: its errors, or else why it found nothing.
fn words(answer: &Value) -> Option<Vec<String>> {
    let errors = answer["errors"].as_array().or_else(|| answer["warnings"].as_array())?;
    Some(errors.iter().filter_map(|error| error.as_str().map(str::to_owned)).collect())
}
