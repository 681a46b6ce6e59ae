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
    /// Plans one, the outputs having been found disturbed at `boot`. Says how long to wait, or nothing if one is
    /// planned already.
    pub(super) fn plan(&mut self, boot: Duration) -> Option<Duration> {
        let due = match self.last {
            Some(last) if last > boot => return None,
            Some(last) if boot - last < self.wait() * CALM => (last + self.wait()).max(boot),
            _ => {
                self.in_a_row = 0;
                boot
            }
        };
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.last = Some(due);
        Some(due - boot)
    }

    fn wait(&self) -> Duration {
        let doubled = 2_u32.saturating_pow(self.in_a_row.saturating_sub(1));
        FIRST.saturating_mul(doubled).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_fight_slows_down_from_ten_seconds_to_five_minutes() {
        let (mut restoration, mut boot, mut waits) = (Restoration::default(), seconds(100), Vec::new());
        for _ in 0..8 {
            let wait = restoration.plan(boot).unwrap();
            assert!(wait.is_zero() || restoration.plan(boot).is_none(), "it is planned once");
            waits.push(wait.as_secs());
            boot += wait;
        }
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn after_a_calm_time_an_output_is_put_back_at_once_again() {
        let mut restoration = Restoration::default();
        assert_eq!(restoration.plan(seconds(0)), Some(seconds(0)));
        assert_eq!(restoration.plan(seconds(1)), Some(seconds(9)));
        assert_eq!(restoration.plan(seconds(10 + 200)), Some(seconds(0)));
    }

    proptest! {
        #[test]
        fn whatever_others_do_an_hour_has_few_restorations(pauses in prop::collection::vec(0_u64..400, 1..2_000)) {
            let (mut restoration, mut boot, mut count) = (Restoration::default(), Duration::ZERO, 0);
            for pause in pauses {
                boot += seconds(pause);
                if boot > seconds(3_600) {
                    break;
                }
                count += u32::from(restoration.plan(boot).is_some());
            }
            prop_assert!(count <= 40, "{count}");
        }
    }
}
