//! A budget of attempts, so that a thousand logins do not start at once.

use std::collections::HashMap;
use std::time::Duration;

use crate::login::LoginId;

/// What an attempt is taken from: so many may start together, and so many a second after that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Budgeted {
    name: String,
    burst: u16,
    per_second: u16,
}

impl Budgeted {
    /// The logins at one kind of provider, or from one token source. To log in is work for many.
    pub(super) fn logins(name: impl Into<String>) -> Self {
        Self { name: name.into(), burst: 10, per_second: 10 }
    }

    /// The secrets of one login. To read one is little work.
    pub(super) fn secrets(login: &LoginId) -> Self {
        Self { name: format!("{login} secrets"), burst: 20, per_second: 50 }
    }

    /// The same while the server cannot be reached: a few find out for all whether it is back.
    pub(super) fn scouts(login: &LoginId) -> Self {
        Self { name: format!("{login} scouts"), burst: 1, per_second: 2 }
    }
}

/// Token buckets, filled by the boot clock.
#[derive(Debug, Default)]
pub(super) struct Budget {
    buckets: HashMap<String, Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    level: f64,
    filled_at: Duration,
}

impl Budget {
    /// Takes one attempt out of every bucket, or none and says how long to wait.
    pub(super) fn take(&mut self, budgets: &[Budgeted], boot: Duration) -> Result<(), Duration> {
        let wait = |of: &Budgeted| (1.0 - self.level(of, boot)).max(0.0) / f64::from(of.per_second);
        let longest = budgets.iter().map(wait).fold(0.0, f64::max);
        if longest > 0.0 {
            return Err(Duration::from_secs_f64(longest).max(Duration::from_millis(1)));
        }
        for of in budgets {
            let level = self.level(of, boot) - 1.0;
            self.buckets.insert(of.name.clone(), Bucket { level, filled_at: boot });
        }
        Ok(())
    }

    fn level(&self, of: &Budgeted, boot: Duration) -> f64 {
        let burst = f64::from(of.burst);
        self.buckets.get(&of.name).map_or(burst, |bucket| {
            let gained = boot.saturating_sub(bucket.filled_at).as_secs_f64() * f64::from(of.per_second);
            (bucket.level + gained).min(burst)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time_for(count: u32, budgets: &[Budgeted]) -> u64 {
        let (mut budget, mut boot) = (Budget::default(), Duration::ZERO);
        for _ in 0..count {
            while let Err(wait) = budget.take(budgets, boot) {
                boot += wait;
            }
        }
        boot.as_secs()
    }

    #[test]
    fn a_thousand_logins_are_spread_over_their_budget() {
        assert_eq!(time_for(1_000, &[Budgeted::logins("aws"), Budgeted::logins("source")]), 99);
    }

    #[test]
    fn five_hundred_secrets_of_a_login_take_ten_seconds() {
        assert_eq!(time_for(500, &[Budgeted::secrets(&LoginId::new("vault", "default"))]), 9);
    }

    #[test]
    fn one_empty_bucket_costs_the_others_nothing() {
        let [aws, vault] = ["aws", "vault"].map(Budgeted::logins);
        let mut budget = Budget::default();
        for _ in 0..10 {
            budget.take(std::slice::from_ref(&aws), Duration::ZERO).unwrap();
        }
        assert!(budget.take(&[aws, vault.clone()], Duration::ZERO).is_err());
        for _ in 0..10 {
            budget.take(std::slice::from_ref(&vault), Duration::ZERO).unwrap();
        }
    }
}
