//! Waiting where the kernel has no timer that hears of a suspend: by naps, so that a resume is noticed within one.

use std::time::Duration;

use super::{Deadline, SystemClock, Woken};
use crate::time::Clock as _;

const LONGEST: Duration = Duration::from_secs(15);

pub(super) async fn until(clock: &SystemClock, deadline: Option<Deadline>) -> Woken {
    let length = deadline.map_or(LONGEST, |deadline| deadline.remaining(clock.read()).min(LONGEST));
    tokio::time::sleep(length).await;
    Woken::Due
}
