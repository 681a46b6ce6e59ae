//! How old a token is, and when it is too old to be worth handing out.

use std::time::{Duration, SystemTime};

use evercred_core::{IdToken, TokenError};

/// Enough for the slowest exchange with its retries.
const AMPLE: Duration = Duration::from_mins(1);

/// From when to when a token lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    start: SystemTime,
    end: SystemTime,
}

impl Life {
    /// The life of a token that came at `received`, which counts as its start if it does not say one.
    pub(super) fn of(token: &IdToken, received: SystemTime) -> Result<Self, TokenError> {
        let start = token.claims().issued_at().unwrap_or(received);
        Ok(Self { start, end: token.expires_at()? })
    }

    /// Whether enough is left: more than a tenth of its length, and more than a minute, or a fifth of the length
    /// where a minute would be too much.
    pub(super) fn is_usable(&self, now: SystemTime) -> bool {
        let length = self.length();
        let margin = (length / 10).max(AMPLE.min(length / 5));
        self.end.duration_since(now).is_ok_and(|left| left > margin)
    }

    /// Whether less than a quarter of it is over.
    pub(super) fn is_fresh(&self, now: SystemTime) -> bool {
        let age = now.duration_since(self.start).unwrap_or_default();
        age < self.length() / 4
    }

    /// Whether nothing of it is left.
    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        now >= self.end
    }

    fn length(&self) -> Duration {
        self.end.duration_since(self.start).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_margin_fits_long_and_short_lives() {
        for (length, last_usable) in [(36_000, 32_399), (3_600, 3_239), (300, 239), (100, 79), (5, 3)] {
            let life = Life { start: at(0), end: at(length) };
            assert!(life.is_usable(at(last_usable)), "{length} s, after {last_usable} s");
            assert!(!life.is_usable(at(last_usable + 1)), "{length} s, after {} s", last_usable + 1);
        }
    }

    #[test]
    fn a_token_is_fresh_in_its_first_quarter() {
        let life = Life { start: at(100), end: at(500) };
        assert!(life.is_fresh(at(90)) && life.is_fresh(at(199)));
        assert!(!life.is_fresh(at(200)));
    }
}
