//! Waiting for a condition, with a limit: the only place of the tests that sleeps.

use std::thread;
use std::time::{Duration, Instant};

/// Asks `probe` until it gives something. Fails the test when that takes longer than `limit`; `what` ends the
/// sentence "waited … for".
pub fn until<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} for {what}");
        thread::sleep(PAUSE);
    }
}

/// Short against everything a test waits for, long against what one look costs.
const PAUSE: Duration = Duration::from_millis(10);
