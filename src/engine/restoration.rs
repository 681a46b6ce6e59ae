//! When an output that somebody else changed or removed is put back: a pure rule.
//!
//! At once, for a deleted file is usually a mistake. But two programs that both insist on a file must not become a
//! busy loop, nor an exchange a second: each time it happens again, the wait doubles.

use std::time::Duration;

/// The wait before the second restoration in a row; it doubles from there,
const FIRST: Duration = Duration::from_secs(10);
/// up to this.
const LONGEST: Duration = Duration::from_mins(5);
/// Outputs that were left alone for so many waits are put back at once again.
const CALM: u32 = 10;

/// How often a login's outputs had to be put back of late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Restoration {
    /// When the last one was due, by the boot clock.
    last: Option<Duration>,
    in_a_row: u32,
}

impl Restoration {
    /// Plans one, the outputs having been found disturbed at `boot`, unless one is planned already; says how long to
    /// wait for it.
    pub(super) fn plan(&mut self, boot: Duration) -> Duration {
        let due = match self.last {
            Some(planned) if planned > boot => return planned.saturating_sub(boot),
            Some(last) if boot.saturating_sub(last) < self.wait() * CALM => (last + self.wait()).max(boot),
            _ => {
                self.in_a_row = 0;
                boot
            }
        };
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.last = Some(due);
        due.saturating_sub(boot)
    }

    fn wait(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.in_a_row.saturating_sub(1));
        FIRST.saturating_mul(doubled).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_fight_slows_down_from_ten_seconds_to_five_minutes() {
        let (mut restoration, mut boot, mut waits) = (Restoration::default(), seconds(100), Vec::new());
        for _ in 0..8 {
            let wait = restoration.plan(boot);
            assert!(wait.is_zero() || restoration.plan(boot) == wait, "it is planned once");
            waits.push(wait.as_secs());
            boot += wait;
        }
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn after_a_calm_time_an_output_is_put_back_at_once_again() {
        let mut restoration = Restoration::default();
        assert_eq!(restoration.plan(seconds(0)), seconds(0));
        assert_eq!(restoration.plan(seconds(1)), seconds(9));
        assert_eq!(restoration.plan(seconds(10 + 200)), seconds(0));
    }

    proptest! {
        #[test]
        fn whatever_others_do_an_hour_has_few_restorations(pauses in prop::collection::vec(0_u64..400, 1..2_000)) {
            let (mut restoration, mut boot, mut planned) = (Restoration::default(), Duration::ZERO, BTreeSet::new());
            for pause in pauses {
                boot += seconds(pause);
                if boot > seconds(3_600) {
                    break;
                }
                planned.insert(boot + restoration.plan(boot));
            }
            prop_assert!(planned.len() <= 40, "{}", planned.len());
        }
    }
}
