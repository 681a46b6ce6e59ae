//! What one read gave: its data, what it is called, and how long it lives.
//!
//! Three things say how long: a lease; the `expiration` of a certificate, which has no lease; or nobody, and then the
//! config may.

use std::time::{Duration, SystemTime};

use evercred_core::SecretRead;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::logical::Answer;

/// The part of a secret that one read gave. Without `Debug`: it holds the secret.
#[derive(Serialize, Deserialize)]
pub(crate) struct Part {
    /// Kept elsewhere between two attempts.
    #[serde(skip)]
    pub(crate) data: Map<String, Value>,
    /// The path, and what tells this answer from another.
    pub(crate) subject: String,
    pub(crate) issued_at: SystemTime,
    pub(crate) ends_at: Option<SystemTime>,
    pub(crate) lease: Option<Lease>,
}

/// What the server promised to keep alive.
#[derive(Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) id: String,
    /// What was granted at first, in seconds.
    granted: u64,
    pub(crate) renewable: bool,
}

impl Part {
    /// What the answer to `read`, received at `now`, says.
    pub(crate) fn new(read: &SecretRead, answer: Answer, now: SystemTime) -> Self {
        let after = |seconds| now.checked_add(Duration::from_secs(seconds));
        let (data, version) = unwrapped(answer.data.unwrap_or_default());
        let was_written = read.parameters.is_some();
        let lease = (!answer.lease_id.is_empty()).then_some(Lease {
            id: answer.lease_id,
            granted: answer.lease_duration,
            renewable: answer.renewable,
        });
        let leased = lease.as_ref().and_then(|lease| after(lease.granted));
        let certified = data.get("expiration").filter(|_| was_written).and_then(Value::as_u64);
        let certified =
            certified.and_then(|end| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(end)));
        let configured = read.lifetime.and_then(|lifetime| now.checked_add(lifetime.get()));
        let told = [leased, certified].into_iter().flatten().min();
        Self {
            subject: subject(&read.path, version, &data),
            data,
            issued_at: now,
            ends_at: told.or(configured),
            lease,
        }
    }

    /// The same with what its lease's renewal granted; `None` if that is nothing. A life much shorter than the first
    /// means that the longest one is near, so that this was the last renewal.
    pub(crate) fn renewed(mut self, answer: &Answer, now: SystemTime) -> Option<Self> {
        let lease = self.lease.as_mut().filter(|_| answer.lease_duration > 0)?;
        let is_last = answer.lease_duration.saturating_mul(10) < lease.granted.saturating_mul(9);
        lease.renewable = answer.renewable && !is_last;
        self.issued_at = now;
        self.ends_at = now.checked_add(Duration::from_secs(answer.lease_duration));
        Some(self)
    }

    /// Whether it has so much of its life before it that it need not be replaced, if it has an end at all. The engine
    /// comes back at half of a life, more or less.
    pub(crate) fn is_young(&self, now: SystemTime) -> bool {
        const YOUNG: f64 = 0.4;
        let life = self.ends_at.and_then(|end| end.duration_since(self.issued_at).ok());
        let age = now.duration_since(self.issued_at).ok();
        age.zip(life).is_some_and(|(age, life)| age < life.mul_f64(YOUNG))
    }

    /// Whether it stays good for as long as nobody changes it.
    pub(crate) fn is_static(&self) -> bool {
        self.ends_at.is_none()
    }
}

/// A versioned store puts the secret and what is known of it side by side.
fn unwrapped(mut data: Map<String, Value>) -> (Map<String, Value>, Option<u64>) {
    let version = data.get("metadata").and_then(|metadata| metadata["version"].as_u64());
    let is_versioned = version.is_some() && data.len() == 2;
    match data.remove("data") {
        Some(Value::Object(inner)) if is_versioned => (inner, version),
        Some(other) => {
            data.insert("data".to_owned(), other);
            (data, None)
        }
        None => (data, None),
    }
}

/// A certificate's serial number is as public as it is.
fn subject(path: &str, version: Option<u64>, data: &Map<String, Value>) -> String {
    let serial = data.get("serial_number").and_then(Value::as_str);
    match (version, serial) {
        (Some(version), _) => format!("{path}, version {version}"),
        (None, Some(serial)) => format!("{path}, serial number {serial}"),
        (None, None) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn part(read: Value, answer: Value) -> Part {
        let (read, answer) = (serde_json::from_value(read).unwrap(), serde_json::from_value(answer).unwrap());
        Part::new(&read, answer, NOW)
    }

    fn after(seconds: u64) -> SystemTime {
        NOW + Duration::from_secs(seconds)
    }

    #[test]
    fn a_versioned_secret_is_unwrapped_and_one_that_only_looks_like_it_is_not() {
        let versioned = json!({"data": {"data": {"key": "k"}, "metadata": {"version": 3}}});
        let part_of = |answer| part(json!({"path": "kv/data/app"}), answer);
        let found = part_of(versioned);
        assert_eq!(
            (found.subject.as_str(), found.data["key"].as_str()),
            ("kv/data/app, version 3", Some("k"))
        );
        let plain =
            part_of(json!({"data": {"data": {"key": "k"}, "metadata": "mine"}, "lease_duration": 2_764_800}));
        assert_eq!(plain.data["metadata"], "mine");
        assert!(plain.is_static(), "an unversioned store names a time that means nothing");
    }

    #[test]
    fn a_lease_or_a_certificate_says_when_it_ends_and_else_the_config() {
        let leased =
            json!({"lease_id": "database/creds/app/1", "lease_duration": 60, "renewable": true, "data": {}});
        assert_eq!(part(json!({"path": "a"}), leased).ends_at, Some(after(60)));
        let issued = json!({"data": {"expiration": 90, "serial_number": "7a:01"}});
        let written = part(json!({"path": "pki/issue/web", "parameters": {}}), issued.clone());
        assert_eq!(
            (written.ends_at, written.subject.as_str()),
            (Some(after(90)), "pki/issue/web, serial number 7a:01")
        );
        assert_eq!(part(json!({"path": "kv1/a"}), issued).ends_at, None, "somebody's own field");
        let signed = json!({"path": "ssh/sign/u", "parameters": {}, "lifetime": "30s"});
        assert_eq!(part(signed, json!({"data": {"signed_key": "k"}})).ends_at, Some(after(30)));
    }

    #[test]
    fn the_last_renewal_is_the_one_that_gives_much_less_than_was_granted_at_first() {
        let leased = json!({"lease_id": "x", "lease_duration": 60, "renewable": true, "data": {}});
        let renewed = |seconds: u64| {
            let answer = json!({"lease_id": "x", "lease_duration": seconds, "renewable": true});
            let now = NOW + Duration::from_secs(30);
            part(json!({"path": "a"}), leased.clone()).renewed(&serde_json::from_value(answer).unwrap(), now)
        };
        let whole = renewed(60).unwrap();
        assert_eq!((whole.ends_at, whole.lease.unwrap().renewable), (Some(after(90)), true));
        assert!(!renewed(40).unwrap().lease.unwrap().renewable);
        assert!(renewed(0).is_none());
    }
}
