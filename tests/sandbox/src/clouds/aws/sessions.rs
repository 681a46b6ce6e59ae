//! The sessions that STS has handed out: what makes their credentials good, and for how long.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::account::{AwsOptions, Role};
use super::answer::Xml;
use crate::random;

/// One session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) token: String,
    /// The ARN of the role that it plays.
    pub(super) role_arn: String,
    /// Its own ARN.
    pub(super) arn: String,
    /// The role's id and the session's name.
    pub(super) user_id: String,
    pub(super) expires_at: SystemTime,
}

/// All sessions, by access key.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_key: BTreeMap<String, Session>,
    /// A role keeps its id.
    role_ids: BTreeMap<String, String>,
    /// The passwords of registries: whose they are, and until when they are good.
    registries: BTreeMap<String, (String, SystemTime)>,
}

impl Sessions {
    /// Opens a session of `role` that was to last `asked`.
    pub(super) fn open(
        &mut self,
        options: &AwsOptions,
        role: &Role,
        name: &str,
        now: SystemTime,
        asked: Duration,
    ) -> Session {
        let role_arn = options.role_arn(&role.name);
        let role_id =
            self.role_ids.entry(role_arn.clone()).or_insert_with(|| format!("AROA{}", random::base32(17)));
        let session = Session {
            access_key_id: format!("ASIA{}", random::base32(16)),
            secret_access_key: random::base64(40),
            // About as long as real ones are.
            token: format!("IQoJb3JpZ2luX2Vj{}=", random::base64(700)),
            arn: options.session_arn(role, name),
            role_arn,
            user_id: format!("{role_id}:{name}"),
            expires_at: now + options.session_lifetime.unwrap_or(asked),
        };
        self.by_key.insert(session.access_key_id.clone(), session.clone());
        session
    }

    pub(super) fn get(&self, access_key_id: &str) -> Option<&Session> {
        self.by_key.get(access_key_id)
    }

    pub(super) fn open_registries(&mut self, password: &str, arn: &str, end: SystemTime) {
        self.registries.insert(password.to_owned(), (arn.to_owned(), end));
    }

    pub(super) fn registry_user(&self, password: &str) -> Option<(String, SystemTime)> {
        self.registries.get(password).cloned()
    }

    /// Ends them all.
    pub(crate) fn revoke(&mut self) {
        self.by_key.clear();
    }
}

impl Session {
    /// What of it nobody else may learn.
    pub(super) fn secrets(&self) -> [String; 2] {
        [self.secret_access_key.clone(), self.token.clone()]
    }

    /// The elements of an answer that speak of the session.
    pub(super) fn describe(&self, result: &mut Xml) {
        let user = Xml::default().with("AssumedRoleId", &self.user_id).with("Arn", &self.arn);
        result.element("AssumedRoleUser", user);
        let credentials = Xml::default()
            .with("AccessKeyId", &self.access_key_id)
            .with("SecretAccessKey", &self.secret_access_key)
            .with("SessionToken", &self.token)
            .with("Expiration", &date_time(self.expires_at));
        result.element("Credentials", credentials);
    }
}

/// ISO 8601 in whole seconds, as STS writes it.
fn date_time(instant: SystemTime) -> String {
    let seconds = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}
