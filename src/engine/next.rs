//! What has to be done about a login, by whoever reads its status: a word for programs and a sentence for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt_error::Stage;
use super::state::Phase;
use super::status::{ErrorStatus, LoginStatus};

/// What to do next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Next {
    /// What kind of thing it is.
    pub code: NextCode,
    /// The same in a sentence.
    pub sentence: String,
    /// The command to run, then or thereafter; absent if there is none.
    #[serde(default)]
    pub command: Option<String>,
}

/// The kinds of things that can be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NextCode {
    /// Nothing: the credential is fresh.
    #[default]
    Nothing,
    /// Wait: evercred tries again by itself.
    Wait,
    /// Nobody keeps the login fresh: run the command.
    Run,
    /// Somebody has to change something at the provider, at the token source or in the config; then run the command.
    Change,
    /// Something on this machine is in the way of the files; then run the command.
    MendMachine,
}

impl Next {
    /// What to do about the login that `status` describes.
    pub fn of(status: &LoginStatus) -> Self {
        let is_kept = status.next_attempt_at.is_some();
        let again = if is_kept { "evercred refresh" } else { "evercred once" };
        let again = Some(format!("{again} {}", status.login));
        match &status.error {
            Some(error) => Self::after(error, again, is_kept),
            None if matches!(status.phase, Phase::Fresh) => {
                Self::new(NextCode::Nothing, "Nothing has to be done", None)
            }
            None if is_kept => Self::new(NextCode::Wait, "The attempt is under way; wait", None),
            None => Self::new(
                NextCode::Run,
                "No evercred runs here: start it, and it keeps the login fresh",
                Some("evercred up --wait".to_owned()),
            ),
        }
    }

    fn after(error: &ErrorStatus, again: Option<String>, is_kept: bool) -> Self {
        let hint = || error.hint.clone().unwrap_or_else(|| error.message.clone());
        match (error.stage, error.class.as_str()) {
            (Stage::Lock | Stage::Publish, _) => Self::new(NextCode::MendMachine, hint(), again),
            (_, "needs_attention") => Self::new(NextCode::Change, hint(), again),
            _ if is_kept => Self::new(NextCode::Wait, "evercred tries again by itself", None),
            _ => Self::new(NextCode::Run, "It may go well by itself: try again", again),
        }
    }

    fn new(code: NextCode, sentence: impl Into<String>, command: Option<String>) -> Self {
        let mut sentence = sentence.into();
        if !sentence.ends_with('.') {
            sentence.push('.');
        }
        Self { code, sentence, command }
    }
}
