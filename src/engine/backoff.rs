//! How long to wait after a failure: a pure function.

use std::time::Duration;

use evercred_core::Advice;

/// The first wait of an ordinary retry; it doubles from there.
const FIRST: Duration = Duration::from_secs(1);
/// No retry waits longer, so that no failure is final.
const LONGEST: Duration = Duration::from_mins(5);
/// Somebody has to change something first: look again at times, without hammering.
const ATTENTION: Duration = Duration::from_mins(2);
/// The first waits for a peer that cannot be reached.
const UNREACHABLE: Duration = Duration::from_millis(500);
/// A peer that was away for a time may be found back after this share of it: a second after ten minutes.
const UNREACHABLE_SHARE: u32 = 600;

/// How long to wait before the next attempt.
///
/// `failures` counts attempts that failed one after another with advice of the same class, this one included;
/// `failing_for` is how long there has been no success; `jitter` is drawn from `0.0..1.0`.
///
/// - [`Advice::Retry`] and [`Advice::NewToken`]: exponential with full jitter, 1 s to 5 min, and never before the
///   time the other side named.
/// - [`Advice::Unreachable`]: nothing was asked of anybody, so asking often costs nobody anything. The wait is a
///   600th of the outage, so the return is noticed within a second after ten minutes, and within a minute after a
///   night without the network.
/// - [`Advice::NeedsAttention`]: every two minutes or so; what wakes it sooner is a change of the config, of the
///   token source or of the clock, or a `refresh`.
pub fn backoff(advice: Advice, failures: u32, failing_for: Duration, jitter: f64) -> Duration {
    match advice {
        Advice::Retry { after } => {
            exponential(failures).mul_f64(jitter).max(FIRST / 2).max(after.unwrap_or_default())
        }
        Advice::NewToken => exponential(failures).mul_f64(jitter).max(FIRST / 2),
        Advice::Unreachable => {
            let wait = (failing_for / UNREACHABLE_SHARE).clamp(UNREACHABLE, LONGEST);
            wait.mul_f64(0.5 + 0.5 * jitter)
        }
        Advice::NeedsAttention => ATTENTION.mul_f64(0.75 + 0.5 * jitter),
    }
}

fn exponential(failures: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    FIRST.saturating_mul(doubled).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ADVICE: [Advice; 4] =
        [Advice::RETRY, Advice::NewToken, Advice::Unreachable, Advice::NeedsAttention];

    #[test]
    fn retries_double_from_one_second_to_five_minutes() {
        let longest: Vec<u64> =
            (1..=10).map(|n| backoff(Advice::RETRY, n, Duration::ZERO, 1.0).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    }

    #[test]
    fn a_time_named_by_the_other_side_is_waited_for() {
        let after = Some(Duration::from_secs(90));
        assert!(backoff(Advice::Retry { after }, 1, Duration::ZERO, 0.0) >= Duration::from_secs(90));
    }

    #[test]
    fn a_peer_that_was_away_for_ten_minutes_is_found_back_within_a_second() {
        assert!(backoff(Advice::Unreachable, 900, Duration::from_mins(10), 1.0) <= Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn every_wait_is_bounded_and_never_a_busy_loop(
            advice in prop::sample::select(ADVICE.to_vec()),
            failures in 1_u32..u32::MAX,
            failing_for in 0_u64..10_000_000,
            jitter in 0.0..1.0,
        ) {
            let wait = backoff(advice, failures, Duration::from_secs(failing_for), jitter);
            prop_assert!(wait >= Duration::from_millis(250), "{wait:?}");
            prop_assert!(wait <= LONGEST, "{wait:?}");
        }

        #[test]
        fn more_failures_never_mean_a_shorter_wait(failures in 1_u32..1_000, jitter in 0.0..1.0) {
            let wait = |n| backoff(Advice::RETRY, n, Duration::ZERO, jitter);
            prop_assert!(wait(failures) <= wait(failures + 1));
        }
    }
}
