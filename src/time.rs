//! Time, injected: the wall clock that expiry is written in, and the boot clock that runs through a suspend.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use evercred_core::{BoxFuture, WallClock};

#[cfg(test)]
pub(crate) mod fake;
pub mod rfc3339;
mod system;

pub use system::{SystemClock, monotonic};

/// One reading of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The wall clock: what issuers' expiries refer to. It can be set, and jump.
    pub wall: SystemTime,
    /// Time since boot, suspended time included. It only moves forward.
    pub boot: Duration,
}

/// An instant that has come when either clock has reached it: a wall clock set forward makes a credential old at
/// once, and one set back must not make us oversleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// Its time on the wall clock.
    pub wall: SystemTime,
    /// Its time on the boot clock.
    pub boot: Duration,
}

impl Deadline {
    /// So long from now.
    pub fn after(delay: Duration, now: Now) -> Self {
        Self { wall: now.wall + delay, boot: now.boot + delay }
    }

    /// A time on the wall clock, as both clocks stand to each other now.
    pub fn at(wall: SystemTime, now: Now) -> Self {
        Self { wall, boot: now.boot + wall.duration_since(now.wall).unwrap_or_default() }
    }

    /// Whether it has come.
    pub fn has_come(self, now: Now) -> bool {
        self.remaining(now).is_zero()
    }

    /// How long until it comes, if no clock is set meanwhile.
    pub fn remaining(self, now: Now) -> Duration {
        let wall = self.wall.duration_since(now.wall).unwrap_or_default();
        wall.min(self.boot.saturating_sub(now.boot))
    }

    /// The earlier of two, as far as can be said now.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), boot: self.boot.min(other.boot) }
    }
}

/// Why a sleep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The deadline came.
    Due,
    /// The wall clock was set: every plan made in its terms is void.
    ClockSet,
}

/// Both clocks, and waiting on them.
pub trait Clock: WallClock {
    /// The present instant on both clocks.
    fn read(&self) -> Now;

    /// Waits until `deadline` has come (`None`: never does), or the wall clock is set. It may return early, and
    /// dropping the future ends the wait.
    fn sleep_until(&self, deadline: Option<Deadline>) -> BoxFuture<'_, Woken>;
}
