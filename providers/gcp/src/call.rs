//! One request to one of Google's services, and what the user is told when it fails.

use std::time::SystemTime;

use evercred_core::{Advice, Failure, Secret, Template};
use evercred_http::network_failure;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;

use crate::answer::Answer;
use crate::refusal::{self, Refusal};

/// A request, in the words that a failure of it needs.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// What it is for: an infinitive.
    pub(crate) operation: &'static str,
    /// Where it goes.
    pub(crate) place: &'a str,
    /// The refusals that mean something particular for this request; the common ones are known anyway.
    pub(crate) refusals: &'static [Refusal],
    /// What stands for the names in braces in the remedies.
    pub(crate) words: Vec<(&'static str, String)>,
    /// What the other side is told, and may repeat.
    pub(crate) told: Vec<&'a Secret>,
    /// When it is made.
    pub(crate) now: SystemTime,
}

/// How a request failed.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) failure: Failure,
    /// Whether Google does not let this account's tokens live as long as was asked for.
    pub(crate) is_too_long: bool,
}

impl Call<'_> {
    /// A failure of this request.
    pub(crate) fn failure(&self, advice: Advice) -> Failure {
        Failure::new(self.operation, self.place, advice)
    }

    /// An answer that is of no use.
    pub(crate) fn useless(&self, what: &str) -> Failure {
        self.failure(Advice::RETRY).message(what).hint(NOT_GOOGLE)
    }

    /// Sends `request` and takes the answer apart.
    pub(crate) async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Refused> {
        let unreachable = |error| network_failure(self.operation, self.place, error);
        let response = request.send().await.map_err(unreachable)?;
        let answer = Answer::read(response, self.now).await.map_err(unreachable)?;
        if !answer.is_success() {
            return Err(self.refused(&answer));
        }
        // What serde says of a wrong answer may repeat the token in it.
        Ok(serde_json::from_slice(&answer.body)
            .map_err(|_| self.useless("the answer is not one of Google's"))?)
    }

    fn refused(&self, answer: &Answer) -> Refused {
        let Some((codes, message)) = answer.error().filter(|(codes, _)| !codes.is_empty()) else {
            return self.not_understood(answer).into();
        };
        let refusal = refusal::find(self.refusals, &codes, &message);
        let (advice, meaning, remedy) = match refusal {
            Some(refusal) => (refusal.advice, refusal.meaning, refusal.remedy),
            None => unknown(answer.status),
        };
        let message = if message.is_empty() { meaning } else { &message };
        let failure = self
            .failure(patient(advice, answer))
            .code(&codes[0])
            .message(message)
            .reason(meaning)
            .remedied(Template(remedy), &self.words)
            .conceal(self.told.iter().copied());
        Refused { failure, is_too_long: refusal::is_too_long(&codes, message) }
    }

    /// A page of somebody else's in place of an answer of Google's.
    fn not_understood(&self, answer: &Answer) -> Failure {
        let (advice, _, remedy) = match unknown(answer.status) {
            (Advice::NeedsAttention, meaning, _) => (Advice::NeedsAttention, meaning, NOT_GOOGLE),
            other => other,
        };
        self.failure(patient(advice, answer)).message(format!("HTTP status {}", answer.status)).hint(remedy)
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, is_too_long: false }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        refused.failure
    }
}

/// Takes over the other side's own wish when to be asked again.
fn patient(advice: Advice, answer: &Answer) -> Advice {
    match advice {
        Advice::Retry { .. } => Advice::Retry { after: answer.retry_after },
        other => other,
    }
}

const NOT_GOOGLE: &str = "Something between here and Google answered in its place: check `sts_endpoint`, \
                          `iam_credentials_endpoint` and the proxy variables (HTTPS_PROXY, NO_PROXY).";

/// What a status means when the code is not known.
fn unknown(status: u16) -> (Advice, &'static str, &'static str) {
    match status {
        408 | 429 | 500.. => (
            Advice::RETRY,
            "Google's service is not well",
            "This is usually transient; evercred tries again.",
        ),
        _ => (
            Advice::NeedsAttention,
            "Google refused the request",
            "Check `provider`, `service_account` and the endpoints, and what Google says about this code.",
        ),
    }
}
