//! A step of an attempt that failed, and what to do about it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::{Claims, Secret, conceal, redact};

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
    reason: Option<&'static str>,
    hint: Option<String>,
    cure: Option<String>,
    shown: Option<Claims>,
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
            reason: None,
            hint: None,
            cure: None,
            shown: None,
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

    /// What the message most likely means, in our words: a fragment.
    #[must_use]
    pub fn reason(mut self, reason: &'static str) -> Self {
        self.0.reason = Some(reason);
        self
    }

    /// What the reader can do about it: a full sentence.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The remedy of a [`Template`]: the hint, and what would let the token in.
    #[must_use]
    pub fn remedied(mut self, template: Template, words: &[(&'static str, String)]) -> Self {
        let (hint, cure) = template.fill(words);
        self.0.hint = Some(hint);
        self.0.cure = cure;
        self
    }

    /// The claims of the ID token that was shown to the other side. They are no secret; the token is.
    #[must_use]
    pub fn shown(mut self, claims: &Claims) -> Self {
        self.0.shown = Some(claims.clone());
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

    /// What the message most likely means.
    pub fn likely_reason(&self) -> Option<&'static str> {
        self.0.reason
    }

    /// The condition, or the command, that would let the token in.
    pub fn cure(&self) -> Option<&str> {
        self.0.cure.as_deref()
    }

    /// The claims of the ID token that was refused.
    pub fn claims_shown(&self) -> Option<&Claims> {
        self.0.shown.as_ref()
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

/// A remedy with names in braces, for which words are put in.
///
/// Its first line is a sentence for the reader. What follows, if anything does, is a condition or a command to be taken
/// over as it is; words that are put in there cannot leave the quotes around them, be they of JSON or of a shell.
#[derive(Debug, Clone, Copy)]
pub struct Template(pub &'static str);

impl Template {
    fn fill(self, words: &[(&'static str, String)]) -> (String, Option<String>) {
        let (hint, cure) = self.0.split_once('\n').map_or((self.0, None), |(hint, cure)| (hint, Some(cure)));
        let put = |text: &str, quote: fn(&str) -> String| {
            words.iter().fold(text.to_owned(), |text, (name, word)| text.replace(name, &quote(word)))
        };
        (put(hint, str::to_owned), cure.map(|cure| put(cure, quoted)))
    }
}

/// Text that stays inside of double quotes of JSON and of single quotes of a shell.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].replace('\'', "\\u0027")
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
    fn a_word_in_a_cure_stays_inside_of_its_quotes() {
        let failure = Failure::new("ask", "", Advice::NeedsAttention).remedied(
            Template("The `sub` is {s}.\nset '{\"sub\": \"{s}\"}'"),
            &[("{s}", "a'b\"c".to_owned())],
        );
        assert_eq!(failure.remedy(), Some("The `sub` is a'b\"c."));
        assert_eq!(failure.cure(), Some(r#"set '{"sub": "a\u0027b\"c"}'"#));
    }

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
