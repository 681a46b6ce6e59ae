//! When others fail: nothing is lost, nobody is hammered, and every state has a way out.

use std::sync::atomic::Ordering;
use std::time::Duration;

use evercred_core::{Advice, WallClock as _};

use super::rig::{Answer, Rig};
use crate::engine::Command;
use crate::engine::state::Phase;

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn the_old_credential_is_kept_while_the_provider_is_down_and_replaced_within_a_second_of_its_return() {
    let mut rig = Rig::start(&[Answer::Good(HOUR), Answer::Bad(Advice::Unreachable)]);
    let status = rig.until(|status| status.phase == Phase::Failing).await;
    assert_eq!(status.error.unwrap().hint.as_deref(), Some("Fix it."));
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!((rig.now().phase, rig.file().unwrap().as_str()), (Phase::Failing, "credential 1"));

    rig.script.set(&[Answer::Good(HOUR)]);
    let back_at = rig.clock.now();
    let status = rig.until(|status| status.phase == Phase::Fresh).await;
    let took = status.issued_at.unwrap().duration_since(back_at).unwrap();
    assert!(took <= Duration::from_secs(1), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_overloaded_is_asked_ever_more_rarely() {
    let rig = Rig::start(&[Answer::Bad(Advice::RETRY)]);
    tokio::time::sleep(2 * HOUR).await;
    let asked = rig.script.asked_at().len();
    assert!((20..=70).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn the_time_a_provider_names_is_waited_for() {
    let after = Some(Duration::from_secs(77));
    let mut rig = Rig::start(&[Answer::Bad(Advice::Retry { after }), Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    assert!(rig.script.asked_at()[1] >= Duration::from_secs(77));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_needs_attention_is_retried_slowly_and_at_once_when_asked() {
    let mut rig = Rig::start(&[Answer::Bad(Advice::NeedsAttention)]);
    rig.until(|status| status.phase == Phase::Blocked).await;
    tokio::time::sleep(HOUR).await;
    let asked = rig.script.asked_at().len();
    assert!((20..=40).contains(&asked), "{asked}");
    rig.script.set(&[Answer::Good(HOUR)]);
    let asked_at = rig.clock.now();
    rig.commands.send(Command::Refresh(Vec::new())).await.unwrap();
    let status = rig.until(|status| status.phase == Phase::Fresh).await;
    assert!(status.issued_at.unwrap().duration_since(asked_at).unwrap() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_refused_is_replaced_once_before_giving_up() {
    let mut rig = Rig::start(&[Answer::Bad(Advice::NewToken), Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    let asked = rig.script.asked_at();
    assert_eq!((asked.len(), asked[0]), (2, asked[1]));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_keeps_its_reason_when_the_source_has_no_other_token() {
    let mut rig = Rig::start(&[Answer::Bad(Advice::NewToken)]);
    rig.script.repeats_tokens.store(true, Ordering::Relaxed);
    let status = rig.until(|status| status.phase == Phase::Failing).await;
    let error = status.error.unwrap();
    assert_eq!((error.class.as_str(), error.hint.as_deref()), ("new_token", Some("Fix it.")));
    assert!(
        error.causes.iter().any(|cause| cause.contains("failed to get an ID token")),
        "{:?}",
        error.causes
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_inside_an_sdk_is_a_failed_attempt_and_not_the_end() {
    let mut rig = Rig::start(&[Answer::Panic, Answer::Good(HOUR)]);
    let status = rig.until(|status| status.phase == Phase::Failing).await;
    assert!(status.error.unwrap().message.contains("panicked"));
    rig.until(|status| status.phase == Phase::Fresh).await;
    assert!(rig.lives());
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_jumps_eight_hours_ahead_is_noticed_at_once() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    let first = rig.until(|status| status.phase == Phase::Fresh).await;
    let before = tokio::time::Instant::now();
    rig.clock.set_by(8 * 3_600);
    rig.until(|status| status.issued_at > first.issued_at && status.phase == Phase::Fresh).await;
    assert!(before.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_is_set_back_does_not_make_the_engine_oversleep() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    rig.clock.set_by(-8 * 3_600);
    tokio::time::sleep(Duration::from_mins(31)).await;
    assert_eq!(rig.script.asked_at().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn setting_the_clock_right_ends_the_wait_after_a_failure() {
    let mut rig = Rig::start(&[Answer::Bad(Advice::NeedsAttention), Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Blocked).await;
    rig.clock.set_by(60);
    rig.until(|status| status.phase == Phase::Fresh).await;
    assert!(rig.script.asked_at()[1] < Duration::from_millis(10));
}
