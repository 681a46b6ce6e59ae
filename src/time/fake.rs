//! A clock for tests in paused time: it runs with tokio's, and can be set and suspended.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use evercred_core::{BoxFuture, WallClock};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Clock, Deadline, Now, Woken};

#[derive(Debug)]
pub(crate) struct FakeClock {
    started: Instant,
    /// How far the wall clock was set away, in seconds.
    skew: Mutex<i64>,
    jumps: watch::Sender<u64>,
}

impl FakeClock {
    /// Some day in 2026.
    pub(crate) const EPOCH: Duration = Duration::from_secs(1_790_000_000);

    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), skew: Mutex::new(0), jumps: watch::Sender::new(0) }
    }

    /// How long it has been running.
    pub(crate) fn started_for(&self) -> Duration {
        self.started.elapsed()
    }

    /// Sets the wall clock forward (or back).
    pub(crate) fn set_by(&self, seconds: i64) {
        *self.skew.lock().unwrap() += seconds;
        self.jumps.send_modify(|count| *count += 1);
    }
}

impl WallClock for FakeClock {
    fn now(&self) -> SystemTime {
        let running = SystemTime::UNIX_EPOCH + Self::EPOCH + self.started.elapsed();
        let skew = *self.skew.lock().unwrap();
        let size = Duration::from_secs(skew.unsigned_abs());
        if skew < 0 { running - size } else { running + size }
    }
}

impl Clock for FakeClock {
    fn read(&self) -> Now {
        Now { wall: self.now(), boot: self.started.elapsed() }
    }

    fn sleep_until(&self, deadline: Option<Deadline>) -> BoxFuture<'_, Woken> {
        let mut jumps = self.jumps.subscribe();
        Box::pin(async move {
            let length =
                deadline.map_or(Duration::from_secs(1 << 30), |deadline| deadline.remaining(self.read()));
            tokio::select! {
                () = tokio::time::sleep(length) => Woken::Due,
                _ = jumps.changed() => Woken::ClockSet,
            }
        })
    }
}
