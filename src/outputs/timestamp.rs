//! Instants as every consumer accepts them.

use std::time::SystemTime;

use jiff::Timestamp;

/// RFC 3339 in UTC with `Z` and whole seconds, rounded down: the one form that all AWS SDKs read.
///
/// `+00:00` is refused by some of them, and rounding up would promise time that is not there.
pub(super) fn rfc3339(instant: SystemTime) -> String {
    // A time beyond the year 9999 is as good as never; the last one that can be written stands for it.
    let timestamp = Timestamp::try_from(instant).unwrap_or(Timestamp::MAX);
    timestamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn fractions_are_dropped_and_the_zone_is_z() {
        let instant = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_379_615_999);
        assert_eq!(rfc3339(instant), "2026-11-22T20:33:35Z");
    }
}
