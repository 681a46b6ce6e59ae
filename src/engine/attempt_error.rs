//! What went wrong in an attempt, as data for `status`, logs and exit codes.

use std::error::Error;

use evercred_core::{Advice, Failure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sent::Sent;

/// The step of an attempt that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Taking the login's lock.
    Lock,
    /// Having the credential of the login that the secret is read with.
    Login,
    /// Getting the ID token.
    Mint,
    /// Keeping alive the credential that is in use.
    Renew,
    /// Exchanging it for a credential, or reading the secret.
    Exchange,
    /// Comparing the credential with what the config expects.
    Guard,
    /// Rendering it and writing the files.
    Publish,
}

/// A failure that has been reported: its texts, without the error values behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptError {
    /// The step that failed.
    pub stage: Stage,
    /// What the engine does about it.
    pub advice: Advice,
    /// The sentence.
    pub message: String,
    /// Its causes, outermost first.
    pub causes: Box<[String]>,
    /// The remedy.
    pub hint: Option<Box<str>>,
    /// What else is known of it. In a box, because errors go through many hands.
    pub more: Box<More>,
    /// The other side's code.
    pub code: Option<Box<str>>,
    /// The other side's identifier of the request.
    pub request_id: Option<Box<str>>,
}

/// What is known of a failure besides its sentence and its remedy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct More {
    /// What it most likely means, in our words.
    pub reason: Option<&'static str>,
    /// The condition, or the command, that would let the token in.
    pub cure: Option<String>,
    /// The ID token that was refused.
    pub sent: Option<Sent>,
}

impl AttemptError {
    /// Takes the texts out of `failure`.
    pub fn new(stage: Stage, failure: &Failure) -> Self {
        Self {
            stage,
            advice: failure.advice(),
            message: failure.to_string(),
            causes: causes(failure).into(),
            hint: failure.remedy().map(Box::from),
            more: Box::new(More {
                reason: failure.likely_reason(),
                cure: failure.cure().map(str::to_owned),
                sent: failure.claims_shown().map(Sent::of),
            }),
            code: failure.provider_code().map(Box::from),
            request_id: failure.provider_request_id().map(Box::from),
        }
    }
}

/// The texts behind an error, outermost first, passed through redaction; one that only repeats the text before it
/// is left out.
pub fn causes(error: &dyn Error) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = evercred_core::redact(&cause.to_string());
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts
}
