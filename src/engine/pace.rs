//! The pace of inspections: one at a time, and a twentieth of the time at most, however many logins share a busy
//! file.

use std::time::Duration;

/// For each part of the time spent on an inspection, so many are spent on something else.
const REST: u32 = 19;

/// When the next inspection may start.
#[derive(Debug, Default)]
pub(super) struct Pace {
    started_at: Option<Duration>,
    not_before: Duration,
}

impl Pace {
    /// Starts one at `boot`; if none may start yet, says how long to wait, unless its end has to be waited for.
    pub(super) fn start(&mut self, boot: Duration) -> Result<(), Option<Duration>> {
        if self.started_at.is_some() {
            return Err(None);
        }
        let wait = self.not_before.saturating_sub(boot);
        if !wait.is_zero() {
            return Err(Some(wait));
        }
        self.started_at = Some(boot);
        Ok(())
    }

    /// It has ended.
    pub(super) fn end(&mut self, boot: Duration) {
        if let Some(started_at) = self.started_at.take() {
            self.not_before = boot + boot.saturating_sub(started_at) * REST;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inspections_go_one_at_a_time_and_rest_for_long() {
        let second = Duration::from_secs(1);
        let mut pace = Pace::default();
        assert_eq!(pace.start(second), Ok(()));
        assert_eq!(pace.start(second), Err(None));
        pace.end(2 * second);
        assert_eq!(pace.start(3 * second), Err(Some(18 * second)));
        assert_eq!(pace.start(21 * second), Ok(()));
    }
}
