//! When a login is due: a pure function of its state, its policy and the clock.

use std::time::{Duration, SystemTime};

use crate::login::{OnExpiry, Policy};
use crate::outputs::demand::Demand;
use crate::time::{Deadline, Now};

use super::state::LoginState;

/// What to do with a login now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Make an attempt.
    Attempt,
    /// Remove the outputs: their credential has ended, and the policy says so.
    Retire,
    /// See whether the outputs are still in place, if there is nothing else to do until then.
    Inspect(Deadline),
    /// Nothing until then.
    Wait(Deadline),
}

/// Says what to do with a login in `state`.
///
/// It is due when its deadline has come on either clock. Meanwhile one other thing can happen to it: what it holds
/// ends, which the policy may want to be acted on; and somebody may change its outputs, which is looked into unless
/// an attempt is coming anyway.
pub fn next_step(state: &LoginState, policy: &Policy, now: Now) -> Step {
    if state.next.has_come(now) { Step::Attempt } else { step_until(state, state.next, policy, now) }
}

/// The same for a login whose next attempt cannot be before `next`.
pub fn step_until(state: &LoginState, next: Deadline, policy: &Policy, now: Now) -> Step {
    match &state.held {
        Some(held) if held.has_ended(now.wall) => match policy.on_expiry {
            OnExpiry::Remove if !state.retired => Step::Retire,
            OnExpiry::Remove | OnExpiry::Keep => Step::Wait(next),
        },
        Some(held) => {
            let end = held.expires_at.map(|end| Deadline::at(end, now));
            let deadline = end.map_or(next, |end| next.earlier(end));
            let inspect = state.touched && state.error.is_none();
            if inspect { Step::Inspect(deadline) } else { Step::Wait(deadline) }
        }
        None => Step::Wait(next),
    }
}

/// When to replace what hangs on a credential that was replaced at `now`, and is good until `ends_at`: at once if it is
/// not, or else in the first half of what is left of it, so that not all is replaced together.
pub fn replace_orphan_at(now: SystemTime, ends_at: Option<SystemTime>, jitter: f64) -> SystemTime {
    let left = ends_at.and_then(|end| end.duration_since(now).ok()).unwrap_or_default();
    now + (left / 2).mul_f64(jitter)
}

/// Refreshes closer together than this would be a busy loop, whatever a token's lifetime is.
pub const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// Without an expiry nothing forces a refresh; once a day shows that it still could be had.
const WITHOUT_EXPIRY: Duration = Duration::from_hours(24);

/// When to replace a credential that was received at `now` and ends at `expires_at`.
///
/// Half of its life from now, give or take a tenth drawn by `jitter` (in `0.0..1.0`), so that a fleet started
/// together does not refresh together; so early that its readers find the next one when they ask for it; no later than
/// `refresh_every`; never sooner than a second, unless it would end first.
pub fn refresh_at(
    now: SystemTime,
    expires_at: Option<SystemTime>,
    (policy, demand): (&Policy, &Demand),
    jitter: f64,
) -> SystemTime {
    let life = expires_at.map(|end| end.duration_since(now).unwrap_or_default());
    let half = life.map_or(WITHOUT_EXPIRY, |life| demand.life_in_files(life) / 2);
    let wanted = policy.refresh_every.map_or(half, |most| most.min(half)).mul_f64(0.9 + 0.2 * jitter);
    let latest =
        life.and_then(|life| demand.replace_within(life)).map(|within| within.mul_f64(0.9 + 0.1 * jitter));
    now + latest.map_or(wanted, |latest| latest.min(wanted)).max(shortest_wait(life))
}

/// What ends sooner than two seconds from now, as after a last renewal, must not end before it is replaced; what has ended
/// already is no reason to hurry.
fn shortest_wait(life: Option<Duration>) -> Duration {
    life.filter(|life| !life.is_zero()).map_or(SHORTEST_WAIT, |life| SHORTEST_WAIT.min(life / 2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::state::Held;
    use crate::outputs::consumers::{Delivery, Served};
    use crate::outputs::demand::kept_back;

    fn wall(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn now(seconds: u64) -> Now {
        Now { wall: wall(seconds), boot: Duration::from_secs(seconds) }
    }

    fn holding(expires_at: u64, next: u64) -> LoginState {
        let held = Held {
            subject: "me".to_owned(),
            issued_at: wall(0),
            expires_at: Some(wall(expires_at)),
            refresh_at: wall(next),
            request_id: None,
            renewable: false,
            obtained_at: wall(0),
            predecessor_ends_at: None,
            bound_to: None,
        };
        LoginState { held: Some(held), ..LoginState::new(now(next)) }
    }

    #[test]
    fn a_new_login_is_due_at_once() {
        assert_eq!(next_step(&LoginState::new(now(5)), &Policy::default(), now(5)), Step::Attempt);
    }

    #[test]
    fn a_login_waits_for_its_refresh_or_its_end_whichever_is_first() {
        let policy = Policy::default();
        let at = |seconds| Deadline { wall: wall(seconds), boot: Duration::from_secs(seconds) };
        assert_eq!(next_step(&holding(100, 50), &policy, now(10)), Step::Wait(at(50)));
        assert_eq!(next_step(&holding(40, 50), &policy, now(10)), Step::Wait(at(40)));
        assert_eq!(next_step(&holding(40, 50), &policy, now(45)), Step::Wait(at(50)));
    }

    #[test]
    fn a_wall_clock_set_forward_or_back_makes_no_login_late() {
        let policy = Policy::default();
        let state = holding(3_600, 1_800);
        let forward = Now { wall: wall(28_800), boot: Duration::from_secs(10) };
        assert_eq!(next_step(&state, &policy, forward), Step::Attempt);
        let back = Now { wall: wall(0), boot: Duration::from_mins(30) };
        assert_eq!(next_step(&state, &policy, back), Step::Attempt);
    }

    #[test]
    fn outputs_are_retired_once_after_their_end_and_only_if_asked_for() {
        let remove = Policy { on_expiry: OnExpiry::Remove, ..Policy::default() };
        let mut state = holding(40, 50);
        assert_eq!(next_step(&state, &remove, now(45)), Step::Retire);
        state.retired = true;
        assert!(matches!(next_step(&state, &remove, now(45)), Step::Wait(_)));
        assert!(matches!(next_step(&holding(40, 50), &Policy::default(), now(45)), Step::Wait(_)));
    }

    #[test]
    fn what_is_left_by_a_last_renewal_is_replaced_before_it_ends() {
        let end = wall(0) + Duration::from_millis(900);
        let at = refresh_at(wall(0), Some(end), (&Policy::default(), &Demand::default()), 0.99);
        assert!(at < wall(0) + Duration::from_millis(500), "{at:?}");
    }

    proptest! {
        #[test]
        fn a_refresh_comes_after_now_and_near_the_middle_of_the_life(life in 4_u64..100_000, jitter in 0.0..1.0) {
            let at = refresh_at(wall(1_000), Some(wall(1_000 + life)), (&Policy::default(), &Demand::default()), jitter);
            let delay = at.duration_since(wall(1_000)).unwrap().as_secs_f64();
            let share = delay / f64::from(u32::try_from(life).unwrap());
            prop_assert!((0.449..0.551).contains(&share), "{share}");
        }

        #[test]
        fn a_refresh_is_never_later_than_its_readers_ask_for_it(life in 1_500_u64..50_000, jitter in 0.0..1.0) {
            let profile = Served { delivery: Delivery::of("profile"), files: Vec::new() };
            let at = refresh_at(wall(0), Some(wall(life)), (&Policy::default(), &Demand::of(&[profile])), jitter);
            let told = wall(life) - kept_back(Duration::from_secs(life));
            prop_assert!(at + Duration::from_mins(15) < told || life < 26 * 60);
            prop_assert!(at <= wall(life * 11 / 20 + 1));
        }

        #[test]
        fn a_refresh_never_waits_longer_than_asked(life in 0_u64..100_000, most in 1_u64..1_000, jitter in 0.0..1.0) {
            let policy = Policy { refresh_every: Some(Duration::from_secs(most)), ..Policy::default() };
            let at = refresh_at(wall(0), Some(wall(life)), (&policy, &Demand::default()), jitter);
            let least = SHORTEST_WAIT / if life == 1 { 2 } else { 1 };
            prop_assert!(at >= wall(0) + least);
            prop_assert!(at <= wall(0) + SHORTEST_WAIT.max(Duration::from_secs(most).mul_f64(1.1)));
        }
    }
}
