//! Why a login has no good credential, in a file for programs: `LOGIN.reason.json` in the state folder, beside the documents
//! that evercred keeps there.
//!
//! It is there from the first attempt that fails to the first that does not, so that whoever finds a dead credential finds the
//! reason, too, without a daemon to ask. Folders of other programs (`~/.aws`) get no such file. It holds no secret, is for the
//! user alone all the same, and is of no more importance than a log line: if it cannot be written, nothing else fails.

use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::login::Login;
use crate::time::rfc3339;

use super::attempt::{Attempts, Outcome};
use super::next::Next;
use super::state::{LoginState, after_attempt};
use super::status::{ErrorStatus, LoginStatus};

/// What stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The version of this format; it grows when a field changes its meaning or goes away.
    pub version: u32,
    /// The login's name, such as `aws.default`.
    pub login: String,
    /// When the attempt failed (RFC 3339).
    #[serde(with = "rfc3339")]
    #[schemars(with = "String")]
    pub at: SystemTime,
    /// Until when the credential in the outputs can still be used (RFC 3339); absent if there is none that has an end.
    #[serde(with = "rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub usable_until: Option<SystemTime>,
    /// What went wrong.
    pub error: ErrorStatus,
    /// What to do.
    pub next: Next,
}

impl Reason {
    /// The present version of the format.
    pub const VERSION: u32 = 1;
}

impl Attempts {
    /// Writes down why an attempt failed, or takes away why the one before it did. The login's lock is held.
    pub(super) async fn note_reason(self: &Arc<Self>, login: &Arc<Login>, outcome: &Outcome) {
        let text = match outcome {
            Outcome::Fresh { .. } => None,
            Outcome::Failed { .. } => self.reason(login, outcome.clone()),
        };
        let write = move |this: Arc<Self>, login: Arc<Login>| match text {
            Some(text) => this.publisher.publish(&login.reason, &mut |_| Ok(text.clone())).map(drop),
            None => this.forget_reason(&login),
        };
        if let Some(Err(failure)) = self.in_background(login, write).await {
            tracing::debug!(login = %login.id, %failure, "The file with the reason could not be kept.");
        }
    }

    /// Takes the file away, if there is one.
    pub(super) fn forget_reason(&self, login: &Login) -> Result<(), Failure> {
        match files::read_target(&login.reason) {
            Ok(None) => Ok(()),
            _ => self.publisher.remove(&login.reason).map(drop),
        }
    }

    fn reason(&self, login: &Login, outcome: Outcome) -> Option<Vec<u8>> {
        let now = self.clock.read();
        let state = after_attempt(LoginState::new(now), outcome, now, 0.0);
        let status = LoginStatus::new(login, &state, false, &[], now.wall);
        let reason = Reason {
            version: Reason::VERSION,
            login: status.login,
            at: now.wall,
            usable_until: status.expires_at.filter(|end| *end > now.wall),
            error: status.error?,
            next: status.next,
        };
        let mut text = serde_json::to_vec_pretty(&reason).ok()?;
        text.push(b'\n');
        Some(text)
    }
}
