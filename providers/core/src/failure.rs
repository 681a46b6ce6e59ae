//! A step of an attempt that failed, and what to do about it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::{Secret, conceal, redact};

/// The cause behind a failure.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What the caller should do after a failure.
///
/// This, and not the technical kind of the error, is its class: every failure of every provider and token source
/// falls into exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// It may go well by itself: try again, not before `after` if the other side named a time.
    Retry {
        /// The other side's own wish (`Retry-After`).
        after: Option<Duration>,
    },
    /// Nobody was reached, so nothing was asked of anybody: try again soon, and keep trying.
    Unreachable,
    /// The ID token was refused for its own sake (expired, replayed, signed by a rotated key): mint a new one.
    NewToken,
    /// Somebody has to change something, here or on the other side; retrying fast would only hammer.
    NeedsAttention,
}

impl Advice {
    /// Try again soon, at a time of our own choice.
    pub const RETRY: Self = Self::Retry { after: None };

    /// The stable name in `status`, logs and metrics.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Retry { .. } => "retry",
            Self::Unreachable => "unreachable",
            Self::NewToken => "new_token",
            Self::NeedsAttention => "needs_attention",
        }
    }
}

/// A failed step: what was tried, where, why it failed, and what would help.
///
/// `Display` is one lower-case sentence without its cause and without a period; the causes are in `source()`, and
/// the hint stands apart, so that a report can lay them out. All text from others passes [`redact`].
#[derive(Debug)]
pub struct Failure(Box<Details>);

#[derive(Debug)]
struct Details {
    operation: Cow<'static, str>,
    place: String,
    code: Option<String>,
    message: Option<String>,
    advice: Advice,
    hint: Option<String>,
    request_id: Option<String>,
    source: Option<BoxError>,
}

impl Failure {
    /// A failure of `operation` (an infinitive: "exchange the ID token") at `place` (an endpoint, path or claim).
    pub fn new(operation: impl Into<Cow<'static, str>>, place: impl Into<String>, advice: Advice) -> Self {
        Self(Box::new(Details {
            operation: operation.into(),
            place: redact(&place.into()),
            code: None,
            message: None,
            advice,
            hint: None,
            request_id: None,
            source: None,
        }))
    }

    /// The other side's own code, such as `AccessDenied`.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(redact(&code.into()));
        self
    }

    /// The other side's own message, or our sentence of what is wrong.
    #[must_use]
    pub fn message(mut self, message: impl AsRef<str>) -> Self {
        self.0.message = Some(redact(message.as_ref().trim().trim_end_matches('.')));
        self
    }

    /// What the reader can do about it: a full sentence.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The other side's identifier of the request.
    #[must_use]
    pub fn request_id(mut self, id: Option<&str>) -> Self {
        self.0.request_id = id.map(str::to_owned);
        self
    }

    /// The cause underneath. Only errors whose text is known to hold no secret belong here.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same failure without `secrets`, which the other side was told and may repeat.
    #[must_use]
    pub fn conceal<'s>(mut self, secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let secrets: Vec<&str> = secrets.into_iter().map(Secret::expose).collect();
        for text in [&mut self.0.code, &mut self.0.message].into_iter().flatten() {
            *text = conceal(text, secrets.iter().copied());
        }
        self
    }

    /// What to do next.
    pub fn advice(&self) -> Advice {
        self.0.advice
    }

    /// The same failure with other advice.
    #[must_use]
    pub fn advise(mut self, advice: Advice) -> Self {
        self.0.advice = advice;
        self
    }

    /// The remedy, if one is known.
    pub fn remedy(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The other side's own code.
    pub fn provider_code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The other side's identifier of the request.
    pub fn provider_request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}", self.0.operation)?;
        if !self.0.place.is_empty() {
            write!(f, " ({})", self.0.place)?;
        }
        match (&self.0.code, &self.0.message) {
            (Some(code), Some(message)) => write!(f, ": {code}: {message}"),
            (Some(text), None) | (None, Some(text)) => write!(f, ": {text}"),
            (None, None) => Ok(()),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_sentence_without_token_or_cause() {
        let failure = Failure::new("assume the role", "sts.eu-west-1.amazonaws.com", Advice::NewToken)
            .code("ExpiredTokenException")
            .message("Token eyJhbGciOiJSUzI1NiJ9.eyJ is expired.")
            .caused_by("status 400");
        assert_eq!(
            failure.to_string(),
            "failed to assume the role (sts.eu-west-1.amazonaws.com): ExpiredTokenException: Token [token] is expired"
        );
    }
}
