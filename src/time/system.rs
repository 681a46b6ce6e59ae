//! The real clocks.

use std::time::{Duration, SystemTime};

use evercred_core::{BoxFuture, WallClock};
use rustix::time::{ClockId, clock_gettime};

use super::{Clock, Deadline, Now, Woken};

/// The clocks of the machine we run on.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl WallClock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one door to the wall clock")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl Clock for SystemClock {
    fn read(&self) -> Now {
        Now { wall: self.now(), boot: boot_time() }
    }

    fn sleep_until(&self, deadline: Option<Deadline>) -> BoxFuture<'_, Woken> {
        Box::pin(wait::until(self, deadline))
    }
}

/// Time since boot without that of a suspend: the clock that service managers compare.
pub fn monotonic() -> Duration {
    clock_gettime(ClockId::Monotonic).try_into().unwrap_or_default()
}

fn boot_time() -> Duration {
    #[cfg(target_os = "linux")]
    const BOOT: ClockId = ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    const BOOT: ClockId = ClockId::Monotonic;
    clock_gettime(BOOT).try_into().unwrap_or_default()
}

#[cfg(target_os = "linux")]
#[path = "timer.rs"]
mod wait;
#[cfg(not(target_os = "linux"))]
#[path = "naps.rs"]
mod wait;

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_moment(clock: SystemClock) -> Deadline {
        Deadline::after(Duration::from_millis(20), clock.read())
    }

    #[tokio::test]
    async fn a_sleep_ends_when_its_time_has_come_on_either_clock() {
        let clock = SystemClock;
        let far = Duration::from_secs(1_000_000);
        let soon = in_a_moment(clock);
        for deadline in
            [Deadline { wall: soon.wall + far, ..soon }, Deadline { boot: soon.boot + far, ..soon }]
        {
            // Another test of this process may set the clock meanwhile, which ends a sleep early.
            while clock.sleep_until(Some(deadline)).await == Woken::ClockSet {}
            let now = clock.read();
            assert!(now.wall >= soon.wall || now.boot >= soon.boot);
        }
    }

    #[tokio::test]
    async fn a_deadline_that_has_passed_ends_the_sleep_at_once() {
        let clock = SystemClock;
        let past = Deadline { wall: SystemTime::UNIX_EPOCH, boot: Duration::ZERO };
        while clock.sleep_until(Some(past)).await == Woken::ClockSet {}
    }

    /// Setting the clock to what it shows harms nobody, and is a jump to the kernel all the same.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn setting_the_wall_clock_ends_every_sleep_at_once() {
        use rustix::time::{clock_gettime, clock_settime};
        let mut sleep = SystemClock.sleep_until(None);
        tokio::select! {
            biased;
            _ = &mut sleep => panic!("nothing has happened yet"),
            () = tokio::task::yield_now() => {}
        }
        match clock_settime(ClockId::Realtime, clock_gettime(ClockId::Realtime)) {
            Ok(()) => assert_eq!(sleep.await, Woken::ClockSet),
            Err(error) => assert_eq!(error, rustix::io::Errno::PERM, "only a user who may not set the clock"),
        }
    }
}
