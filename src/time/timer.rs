//! Waiting by kernel timers: no tick, no idle wake-ups, and a resume or a step of the clock is noticed at once.
//!
//! Two timers run side by side. The one on `CLOCK_REALTIME` is cancelled by the kernel when the clock is set, which
//! a resume from suspend counts as (`timerfd_create(2)`, `TFD_TIMER_CANCEL_ON_SET`); the one on `CLOCK_BOOTTIME`
//! ends a sleep whose wall time was moved away. tokio's own timers run on `CLOCK_MONOTONIC`, which stands still
//! while the machine is suspended.

use std::os::fd::OwnedFd;
use std::time::{Duration, SystemTime};

use rustix::io::{Errno, read};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::{Deadline, SystemClock, Woken};
use crate::time::Clock as _;

/// A deadline no clock will reach: the timer is armed all the same, to hear of the clock being set.
const NEVER: Duration = Duration::from_secs(0x7fff_ffff_ffff);

pub(super) async fn until(clock: &SystemClock, deadline: Option<Deadline>) -> Woken {
    match wait(deadline).await {
        Ok(woken) => woken,
        // Without timers (no file descriptor left, an exotic kernel) a short nap keeps every promise but the
        // quietness: the engine looks at its plan again after each sleep.
        Err(error) => {
            tracing::warn!(%error, "Kernel timers are not to be had; napping instead.");
            nap(clock, deadline).await
        }
    }
}

async fn wait(deadline: Option<Deadline>) -> Result<Woken, Errno> {
    let wall = deadline.map_or(NEVER, |d| d.wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    let boot = deadline.map_or(NEVER, |d| d.boot);
    let cancelled = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    let wall = timer(TimerfdClockId::Realtime, cancelled, wall)?;
    let boot = timer(TimerfdClockId::Boottime, TimerfdTimerFlags::ABSTIME, boot)?;
    tokio::select! {
        woken = expiry(&wall) => woken,
        woken = expiry(&boot) => woken,
    }
}

#[expect(
    deprecated,
    reason = "an OwnedFd keeps its descriptor open, which is all the deprecation asks for; its successor is unsafe to call"
)]
fn timer(clock: TimerfdClockId, flags: TimerfdTimerFlags, at: Duration) -> Result<AsyncFd<OwnedFd>, Errno> {
    let timer = timerfd_create(clock, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    // Zero would disarm it.
    let at = at.max(Duration::from_nanos(1));
    let it_value = Timespec::try_from(at).map_err(|_| Errno::INVAL)?;
    let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
    timerfd_settime(&timer, flags, &Itimerspec { it_interval, it_value })?;
    AsyncFd::with_interest(timer, Interest::READABLE)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

async fn expiry(timer: &AsyncFd<OwnedFd>) -> Result<Woken, Errno> {
    loop {
        let mut ready = timer.readable().await.map_err(|_| Errno::IO)?;
        match read(timer, &mut [0_u8; 8]) {
            Ok(_) => return Ok(Woken::Due),
            Err(Errno::CANCELED) => return Ok(Woken::ClockSet),
            Err(Errno::AGAIN | Errno::INTR) => ready.clear_ready(),
            Err(error) => return Err(error),
        }
    }
}

async fn nap(clock: &SystemClock, deadline: Option<Deadline>) -> Woken {
    const LONGEST: Duration = Duration::from_secs(15);
    let now = clock.read();
    let length = deadline.map_or(LONGEST, |deadline| deadline.remaining(now).min(LONGEST));
    tokio::time::sleep(length).await;
    Woken::Due
}
