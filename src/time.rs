//! Time, injected: the wall clock that expiry is written in, and the boot clock that runs through a suspend.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use evercred_core::{BoxFuture, WallClock};

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

    /// Waits until `deadline` has come (`None`: never does), or the wall clock is set. Dropping the future ends
    /// the wait.
    fn sleep_until(&self, deadline: Option<Deadline>) -> BoxFuture<'_, Woken>;
}
