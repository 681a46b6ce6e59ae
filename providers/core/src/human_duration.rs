//! Durations as people write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// A duration in config: whole numbers with units, largest first, such as `"90s"`, `"15m"`, `"1h30m"`, `"7d"`.
///
/// A bare number is refused, because nobody remembers of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct HumanDuration(Duration);

const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl HumanDuration {
    /// A duration of so many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// As the standard library has it.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for HumanDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for HumanDuration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a duration; write it like \"90s\", \"15m\" or \"1h30m\"");
        let mut rest = text;
        let mut total = 0_u64;
        for (unit, seconds) in UNITS {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits > 0 && rest[digits..].starts_with(unit) {
                let count: u64 = rest[..digits].parse().map_err(|_| wrong())?;
                total = count.checked_mul(seconds).and_then(|n| n.checked_add(total)).ok_or_else(wrong)?;
                rest = &rest[digits + unit.len()..];
            }
        }
        if rest.is_empty() && !text.is_empty() { Ok(Self::from_secs(total)) } else { Err(wrong()) }
    }
}

impl TryFrom<String> for HumanDuration {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_secs();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, seconds) in UNITS {
            if rest >= seconds {
                write!(f, "{}{unit}", rest / seconds)?;
                rest %= seconds;
            }
        }
        Ok(())
    }
}

impl Serialize for HumanDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for HumanDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?$",
            "examples": ["90s", "15m", "1h30m"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read_and_shown_again() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("1h30m", 5_400), ("7d", 604_800), ("0s", 0)] {
            assert_eq!(text.parse(), Ok(HumanDuration::from_secs(seconds)), "{text}");
        }
        assert_eq!(HumanDuration::from_secs(5_400).to_string(), "1h30m");
    }

    #[test]
    fn bare_numbers_wrong_orders_and_overflows_are_refused() {
        for text in ["", "90", "30m1h", "1.5h", "h", "-1s", "99999999999999999999d", "18446744073709551615d"]
        {
            assert!(text.parse::<HumanDuration>().is_err(), "{text}");
        }
    }
}
