//! From the SDK's errors to what the user is told.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::date_time::{DateTime, Format};
use evercred_core::{Advice, Failure, Template};
use evercred_http::network_failure;

use crate::refusal::{self, Refusal};

/// One call of STS, in the words that a failure of it needs.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// What it is for: an infinitive.
    pub(crate) operation: String,
    /// Where it goes.
    pub(crate) place: &'a str,
    /// The refusals that mean something particular for this call; the common ones are known anyway.
    pub(crate) refusals: &'static [Refusal],
    /// What stands for the names in braces in the remedies.
    pub(crate) words: Vec<(&'static str, String)>,
    /// When it was made.
    pub(crate) now: SystemTime,
}

impl Call<'_> {
    /// A failure of this call.
    pub(crate) fn failure(&self, advice: Advice) -> Failure {
        Failure::new(self.operation.clone(), self.place, advice)
    }

    /// Explains an error of the SDK.
    pub(crate) fn explain<E>(&self, error: SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(_) => self.refused(&error),
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => self.unreachable(error),
            SdkError::ResponseError(_) => self.imitated(),
            _ => self
                .failure(Advice::NeedsAttention)
                .message("the request cannot be put together")
                .hint("Check `region`, `endpoint_url` and `use_fips`: not every region has FIPS endpoints.")
                .caused_by(error.into_source().unwrap_or_else(|_| "no cause is known".into())),
        }
    }

    fn refused<E: ProvideErrorMetadata>(&self, error: &SdkError<E, HttpResponse>) -> Failure {
        let (Some(answer), Some(code)) = (error.raw_response(), error.code()) else {
            return self.not_understood(error.raw_response());
        };
        let message = error.message().unwrap_or_default();
        let refusal = refusal::find(self.refusals, code, message);
        let (advice, meaning, remedy) = match refusal {
            Some(refusal) => (refusal.advice, refusal.meaning, refusal.remedy),
            None => unknown(answer.status().as_u16()),
        };
        let message = if message.is_empty() { meaning } else { message };
        let request_id = answer.request_id();
        self.failure(self.patient(advice, answer))
            .code(code)
            .message(message)
            .reason(meaning)
            .remedied(Template(remedy), &self.words)
            .request_id(request_id)
    }

    /// A page of somebody else's in place of an answer of STS.
    fn not_understood(&self, answer: Option<&HttpResponse>) -> Failure {
        let Some(answer) = answer.filter(|answer| !answer.status().is_success()) else {
            return self.imitated();
        };
        let status = answer.status().as_u16();
        let (advice, remedy) = match unknown(status) {
            (Advice::NeedsAttention, ..) => (Advice::NeedsAttention, NOT_STS),
            (advice, _, remedy) => (advice, remedy),
        };
        self.failure(self.patient(advice, answer)).message(format!("HTTP status {status}")).hint(remedy)
    }

    fn imitated(&self) -> Failure {
        self.failure(Advice::RETRY).message("the answer is not one of AWS STS").hint(NOT_STS)
    }

    fn unreachable<E>(&self, error: SdkError<E, HttpResponse>) -> Failure
    where
        E: Error + Send + Sync + 'static,
    {
        let inner = error.into_source().ok().and_then(|source| source.downcast::<ConnectorError>().ok());
        let Some(inner) = inner.map(|error| error.into_source()) else { return self.imitated() };
        match inner.downcast::<reqwest::Error>() {
            Ok(error) => network_failure(self.operation.clone(), self.place, *error),
            Err(other) => self.imitated().caused_by(other),
        }
    }

    /// Takes over the other side's own wish when to be asked again.
    fn patient(&self, advice: Advice, answer: &HttpResponse) -> Advice {
        match advice {
            Advice::Retry { .. } => {
                let wish = answer.headers().get("retry-after");
                Advice::Retry { after: wish.and_then(|wish| self.retry_after(wish.trim())) }
            }
            other => other,
        }
    }

    /// Seconds or a date (RFC 9110 §10.2.3).
    fn retry_after(&self, wish: &str) -> Option<Duration> {
        if let Ok(seconds) = wish.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = DateTime::from_str(wish, Format::HttpDate).ok()?;
        SystemTime::try_from(date).ok()?.duration_since(self.now).ok()
    }
}

const NOT_STS: &str = "Something between here and AWS answered in its place: check `endpoint_url` and the proxy \
                       variables (HTTPS_PROXY, NO_PROXY).";

/// What a status means when the code is not known.
fn unknown(status: u16) -> (Advice, &'static str, &'static str) {
    match status {
        408 | 429 | 500.. => {
            (Advice::RETRY, "AWS STS is not well", "This is usually transient; evercred tries again.")
        }
        _ => (
            Advice::NeedsAttention,
            "AWS STS refused the request",
            "Check `role_arn`, `region` and `endpoint_url`, and what AWS says about this code.",
        ),
    }
}
