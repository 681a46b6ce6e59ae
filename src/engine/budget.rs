//! A budget of attempts, so that a thousand logins do not start at once.

use std::collections::HashMap;
use std::time::Duration;

/// So many attempts of one kind may start together…
const BURST: f64 = 10.0;
/// … and so many a second after that.
const PER_SECOND: f64 = 10.0;

/// A token bucket for each kind of provider and for each token source, filled by the boot clock.
#[derive(Debug, Default)]
pub struct Budget {
    buckets: HashMap<String, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: f64,
    filled_at: Duration,
}

impl Budget {
    /// Takes one attempt out of every bucket in `keys`, or none and says how long to wait.
    pub fn take(&mut self, keys: &[&str], boot: Duration) -> Result<(), Duration> {
        let missing = keys.iter().map(|key| 1.0 - self.level(key, boot)).fold(0.0, f64::max);
        if missing > 0.0 {
            return Err(Duration::from_secs_f64(missing / PER_SECOND).max(Duration::from_millis(1)));
        }
        for key in keys {
            let level = self.level(key, boot) - 1.0;
            self.buckets.insert((*key).to_owned(), Bucket { level, filled_at: boot });
        }
        Ok(())
    }

    fn level(&self, key: &str, boot: Duration) -> f64 {
        self.buckets.get(key).map_or(BURST, |bucket| {
            let gained = boot.saturating_sub(bucket.filled_at).as_secs_f64() * PER_SECOND;
            (bucket.level + gained).min(BURST)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_logins_are_spread_over_their_budget() {
        let mut budget = Budget::default();
        let mut boot = Duration::ZERO;
        for _ in 0..1_000 {
            while let Err(wait) = budget.take(&["aws", "source"], boot) {
                boot += wait;
            }
        }
        assert_eq!(boot.as_secs(), 99);
    }

    #[test]
    fn one_empty_bucket_costs_the_others_nothing() {
        let mut budget = Budget::default();
        for _ in 0..10 {
            budget.take(&["aws"], Duration::ZERO).unwrap();
        }
        assert!(budget.take(&["aws", "vault"], Duration::ZERO).is_err());
        for _ in 0..10 {
            budget.take(&["vault"], Duration::ZERO).unwrap();
        }
    }
}
