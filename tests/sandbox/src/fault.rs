//! Faults on command: what shall go wrong, where, and how often.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The groups of routes that fail, and are counted, separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Discovery and keys: `/idp/…`.
    Idp,
    /// The Gitpod supervisor: `/_supervisor/…`.
    Supervisor,
    /// The identity APIs of Gitpod and Ona.
    Api,
    /// GitHub Actions: `/github/…`.
    Github,
    /// The plain token routes: `/token`, `/token.json`.
    Http,
    /// AWS STS: `/`, `/sts`.
    Sts,
}

/// Something that goes wrong with the next requests to a [`Group`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// How many requests it hits; `None` means all until it is cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// Hits only requests whose path or body contains this text, such as `Action=GetCallerIdentity`.
    #[serde(default)]
    pub only: Option<String>,
    /// The value of a `Retry-After` header on the faulty answer.
    #[serde(default)]
    pub retry_after: Option<String>,
}

/// What goes wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// An answer with this status and body.
    Status {
        /// The HTTP status.
        status: u16,
        /// The body.
        #[serde(default)]
        body: String,
    },
    /// An error in the words of the group's own protocol (query XML for STS, Connect JSON for the APIs).
    Refuse {
        /// The HTTP status.
        status: u16,
        /// The protocol's error code.
        code: String,
        /// Its message.
        message: String,
    },
    /// The group's own way of saying that there were too many requests.
    Throttling,
    /// The right answer, late.
    Delay {
        /// How late, in milliseconds.
        milliseconds: u64,
    },
    /// The connection is reset instead of an answer.
    Reset,
    /// Status 200 with bytes that mean nothing.
    Garbage,
    /// The right answer, but the connection breaks in the middle of its body.
    HalfBody,
}

impl Fault {
    /// A fault that stays until it is cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, times: None, only: None, retry_after: None }
    }

    /// An answer with this status and body.
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self::new(FaultKind::Status { status, body: body.into() })
    }

    /// An error in the words of the group's protocol.
    pub fn refuse(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(FaultKind::Refuse { status, code: code.into(), message: message.into() })
    }

    /// The right answer, late.
    pub fn delay(by: Duration) -> Self {
        Self::new(FaultKind::Delay { milliseconds: u64::try_from(by.as_millis()).unwrap_or(u64::MAX) })
    }

    /// Hits only the next `times` requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Hits only requests whose path or body contains `text`.
    #[must_use]
    pub fn only(mut self, text: impl Into<String>) -> Self {
        self.only = Some(text.into());
        self
    }

    /// Adds a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, value: impl Into<String>) -> Self {
        self.retry_after = Some(value.into());
        self
    }
}
