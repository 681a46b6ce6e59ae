//! Instants as text: RFC 3339, in UTC, with a `Z`.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `instant` in whole seconds, cut off: what SDKs read (some refuse fractions or an offset).
pub fn seconds(instant: SystemTime) -> String {
    let since_epoch = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(since_epoch.as_secs())).to_string()
}

/// The instant that `text` names.
pub fn parse(text: &str) -> Option<SystemTime> {
    text.parse::<Timestamp>().ok().map(SystemTime::from)
}

/// An instant that no calendar holds is as good as the end of all.
fn timestamp(instant: SystemTime) -> Timestamp {
    Timestamp::try_from(instant).unwrap_or(Timestamp::MAX)
}

/// For `#[serde(with)]`.
pub fn serialize<S: Serializer>(instant: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    timestamp(*instant).serialize(serializer)
}

/// For `#[serde(with)]`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
    Timestamp::deserialize(deserializer).map(SystemTime::from)
}

/// The same for instants that may be absent.
pub mod option {
    use super::{Deserialize, Deserializer, Serialize, Serializer, SystemTime, Timestamp, timestamp};

    /// For `#[serde(with)]`.
    pub fn serialize<S: Serializer>(instant: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
        instant.map(timestamp).serialize(serializer)
    }

    /// For `#[serde(with)]`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
        Ok(Option::<Timestamp>::deserialize(deserializer)?.map(SystemTime::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_whole_seconds_with_a_z() {
        let instant = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_379_615_900);
        assert_eq!(seconds(instant), "2026-11-22T20:33:35Z");
        assert_eq!(parse("2026-11-22T20:33:35Z"), Some(instant - Duration::from_millis(900)));
    }
}
