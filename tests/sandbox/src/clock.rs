//! The one place that reads the time: the machine's, moved forward by as much as a test asks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// The sandbox's wall clock.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    advanced: AtomicU64,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the sandbox is a server of its own, with a clock of its own"
    )]
    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.advanced.load(Ordering::Relaxed))
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(&self) -> i64 {
        let since = self.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.advanced.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}
