//! From what was heard to what the user is told.

use std::time::{Duration, SystemTime};

use evercred_core::{Advice, Failure, Template};
use evercred_http::network_failure;
use serde::Deserialize;

use crate::refusal;
use crate::transport::{Answer, Heard};

const OPERATION: &str = "exchange the ID token for an access token";

/// One exchange, in the words that a failure of it needs.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// Where it went.
    pub(crate) place: &'a str,
    /// What stands for the names in braces in the remedies.
    pub(crate) words: Vec<(&'static str, String)>,
    /// When it was made.
    pub(crate) now: SystemTime,
}

/// Entra's errors (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).
#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u64>,
    trace_id: Option<String>,
}

impl Asked<'_> {
    fn failure(&self, advice: Advice) -> Failure {
        Failure::new(OPERATION, self.place, advice)
    }

    pub(crate) fn explain(&self, heard: Heard) -> Failure {
        match heard {
            Heard::Broken(error) => network_failure(OPERATION, self.place, error),
            Heard::Endless => self.not_understood(None),
            Heard::Answer(answer) => match serde_json::from_slice::<Refused>(&answer.body) {
                Ok(refused) => self.refused(&answer, &refused),
                Err(_) => self.not_understood(Some(&answer)),
            },
        }
    }

    /// The SDK would not even ask.
    pub(crate) fn impossible(&self, error: azure_core::Error) -> Failure {
        self.failure(Advice::NeedsAttention)
            .message("the request cannot be put together")
            .hint("Check `tenant_id`, `client_id`, `resources` and `authority_host`.")
            .caused_by(error)
    }

    fn refused(&self, answer: &Answer, refused: &Refused) -> Failure {
        let (code, message) = code_and_message(refused);
        let refusal = refusal::find(&code, answer.status);
        let message = if message.is_empty() { refusal.meaning } else { message };
        self.failure(self.patient(refusal.advice, answer))
            .code(code)
            .message(message)
            .reason(refusal.meaning)
            .remedied(Template(refusal.remedy), &self.words)
            .request_id(refused.trace_id.as_deref().or(answer.request_id.as_deref()))
    }

    /// A page of somebody else's, or nothing, in place of an answer of Entra.
    pub(crate) fn not_understood(&self, answer: Option<&Answer>) -> Failure {
        match answer.filter(|answer| !(200..300).contains(&answer.status)) {
            None => self.failure(Advice::RETRY).message("the answer is not one of Entra").hint(NOT_ENTRA),
            Some(answer) => {
                let may_pass = matches!(answer.status, 408 | 429 | 500..);
                let advice = if may_pass { Advice::RETRY } else { Advice::NeedsAttention };
                self.failure(self.patient(advice, answer))
                    .message(format!("HTTP status {}, and not in the words of Entra", answer.status))
                    .hint(NOT_ENTRA)
            }
        }
    }

    /// Takes over the other side's own wish when to be asked again.
    fn patient(&self, advice: Advice, answer: &Answer) -> Advice {
        match advice {
            Advice::Retry { .. } => {
                let after = answer.retry_after.as_deref().and_then(|wish| self.retry_after(wish.trim()));
                Advice::Retry { after }
            }
            other => other,
        }
    }

    /// Seconds or a date (RFC 9110 §10.2.3).
    fn retry_after(&self, wish: &str) -> Option<Duration> {
        if let Ok(seconds) = wish.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = jiff::fmt::rfc2822::parse(wish).ok()?;
        SystemTime::from(date.timestamp()).duration_since(self.now).ok()
    }
}

const NOT_ENTRA: &str = "Something between here and Entra may have answered in its place: check `authority_host` and \
                         the proxy variables (HTTPS_PROXY, NO_PROXY).";

/// The particular code, if there is one: `AADSTS700213` rather than `invalid_client`. What support asks for stands at
/// the end of each message, and is told apart.
fn code_and_message(refused: &Refused) -> (String, &str) {
    let said = refused.error_description.split("Trace ID:").next().unwrap_or_default().trim();
    let split = said.split_once(':').filter(|(code, _)| code.starts_with("AADSTS"));
    match (split, refused.error_codes.first()) {
        (Some((code, message)), _) => (code.to_owned(), message.trim()),
        (None, Some(code)) => (format!("AADSTS{code}"), said),
        (None, None) => (refused.error.clone(), said),
    }
}
