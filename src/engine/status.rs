//! What others may see of the engine: a snapshot without secrets.

use std::path::PathBuf;
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::login::Login;
use crate::outputs::consumers::Served;
use crate::time::rfc3339;

use super::attempt_error::{AttemptError, Stage};
use super::next::Next;
use super::sent::Sent;
use super::state::{LoginState, Phase};

/// The state of all logins at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The version of this format; it grows when a field changes its meaning or goes away.
    pub version: u32,
    /// When this was true (RFC 3339).
    #[serde(with = "rfc3339")]
    #[schemars(with = "String")]
    pub at: SystemTime,
    /// The process that keeps the logins fresh; absent when none does.
    pub daemon: Option<Daemon>,
    /// The logins, by name.
    pub logins: Vec<LoginStatus>,
}

/// The process that keeps the logins fresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Daemon {
    /// Its process id.
    pub pid: u32,
    /// When it started (RFC 3339).
    #[serde(with = "rfc3339")]
    #[schemars(with = "String")]
    pub started_at: SystemTime,
    /// Its config.
    pub config: ConfigStatus,
}

/// The config that counts, and how the last attempt to read a newer one ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigStatus {
    /// The file.
    pub file: PathBuf,
    /// When what counts was read (RFC 3339).
    #[serde(with = "rfc3339")]
    #[schemars(with = "String")]
    pub loaded_at: SystemTime,
    /// Why what is in the file now does not count, each reason with its place; empty if it does.
    pub problems: Vec<String>,
}

/// The state of one login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoginStatus {
    /// Its name, such as `aws.default`.
    pub login: String,
    /// Its state in one word.
    pub phase: Phase,
    /// Whether an attempt is under way.
    pub refreshing: bool,
    /// What is read, if it is a secret.
    #[serde(default)]
    pub secret: Option<SecretStatus>,
    /// Where its ID tokens come from, and why from there; of a secret, those of its login.
    pub source: String,
    /// The audience they are minted for.
    pub audience: String,
    /// Whom the credential speaks for.
    pub subject: Option<String>,
    /// When the credential was received (RFC 3339).
    #[serde(with = "rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub issued_at: Option<SystemTime>,
    /// When the credential ends (RFC 3339); absent if there is none or it never does.
    #[serde(with = "rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub expires_at: Option<SystemTime>,
    /// When the next attempt is due (RFC 3339); absent when no daemon runs.
    #[serde(with = "rfc3339::option")]
    #[schemars(with = "Option<String>")]
    pub next_attempt_at: Option<SystemTime>,
    /// How many attempts have ended since the daemon started.
    pub attempts: u64,
    /// How many attempts in a row failed in the same way.
    pub failures: u32,
    /// What went wrong last; absent after a success.
    pub error: Option<ErrorStatus>,
    /// What to do about it.
    #[serde(default)]
    pub next: Next,
    /// What is worth knowing although it works.
    pub notes: Vec<String>,
    /// The files that are kept.
    pub outputs: Vec<PathBuf>,
    /// By which ways programs get at the credential.
    #[serde(default)]
    pub ways: Vec<WayStatus>,
}

/// A way in which programs get at a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WayStatus {
    /// The output's word in the config.
    pub way: String,
    /// The files, or parts of files, that it is made of.
    pub outputs: Vec<PathBuf>,
    /// The programs that it is known to serve.
    pub serves: Vec<String>,
    /// Whether all of these get a newer credential by themselves, without being started again.
    pub refreshes_by_itself: bool,
}

/// What is read, and with which login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretStatus {
    /// The login's name.
    pub login: String,
    /// The path, or several.
    pub from: String,
}

/// What went wrong, for programs and people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorStatus {
    /// The step that failed.
    pub stage: Stage,
    /// What is done about it: `retry`, `unreachable`, `new_token` or `needs_attention`.
    pub class: String,
    /// The sentence.
    pub message: String,
    /// Its causes, outermost first.
    pub causes: Vec<String>,
    /// What it most likely means; absent if the message says it.
    #[serde(default)]
    pub reason: Option<String>,
    /// The remedy.
    pub hint: Option<String>,
    /// The condition, or the command, that would let the ID token in, to be taken over as it is.
    #[serde(default)]
    pub cure: Option<String>,
    /// The ID token that was refused, as it was sent; absent if none was.
    #[serde(default)]
    pub sent: Option<Sent>,
    /// The other side's code.
    pub code: Option<String>,
    /// The other side's identifier of the request.
    pub request_id: Option<String>,
}

impl Status {
    /// The present version of the format.
    pub const VERSION: u32 = 1;
}

impl LoginStatus {
    /// Describes `login` in `state`.
    pub fn new(
        login: &Login,
        state: &LoginState,
        refreshing: bool,
        notes: &[String],
        at: SystemTime,
    ) -> Self {
        let held = state.held.as_ref();
        let status = Self {
            login: login.id.to_string(),
            phase: state.phase(at),
            refreshing,
            secret: SecretStatus::of(login),
            source: login.source().describe(),
            audience: login.provider().audience().to_string(),
            subject: held.map(|held| held.subject.clone()),
            issued_at: held.map(|held| held.issued_at),
            expires_at: held.and_then(|held| held.expires_at),
            next_attempt_at: Some(state.next.wall),
            attempts: state.attempts,
            failures: state.failures,
            error: state.error.clone().map(ErrorStatus::from),
            next: Next::default(),
            notes: notes.to_vec(),
            outputs: login.outputs.iter().map(|output| output.target().path.clone()).collect(),
            ways: login.served.iter().map(WayStatus::of).collect(),
        };
        status.advised()
    }

    /// The same, if nobody will make another attempt.
    #[must_use]
    pub fn unattended(self) -> Self {
        Self { next_attempt_at: None, ..self }.advised()
    }

    /// The same with what has to be done about it as it is now.
    #[must_use]
    pub fn advised(self) -> Self {
        Self { next: Next::of(&self), ..self }
    }
}

impl WayStatus {
    fn of(served: &Served) -> Self {
        let delivery = served.delivery;
        Self {
            way: delivery.way.to_owned(),
            outputs: served.files.clone(),
            serves: delivery.consumers.iter().map(|consumer| consumer.name.to_owned()).collect(),
            refreshes_by_itself: delivery.refreshes_by_itself(),
        }
    }
}

impl SecretStatus {
    fn of(login: &Login) -> Option<Self> {
        let (lender, reader) = login.lender().zip(login.reader())?;
        Some(Self { login: lender.id.to_string(), from: reader.describe() })
    }
}

impl From<AttemptError> for ErrorStatus {
    fn from(error: AttemptError) -> Self {
        Self {
            stage: error.stage,
            class: error.advice.class().to_owned(),
            message: error.message,
            causes: error.causes.into_vec(),
            reason: error.more.reason.map(str::to_owned),
            hint: error.hint.map(String::from),
            cure: error.more.cure,
            sent: error.more.sent,
            code: error.code.map(String::from),
            request_id: error.request_id.map(String::from),
        }
    }
}
