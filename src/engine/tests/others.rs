//! Others are at work too: other logins, other processes on the same files, other writers of the outputs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use evercred_core::{Advice, WallClock as _};

use super::rig::{Answer, Rig};
use crate::engine::Command;
use crate::engine::attempt::Outcome;
use crate::engine::attempt_error::Stage;
use crate::engine::state::Phase;
use crate::files;
use crate::login::{OnExpiry, Policy};

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn logins_whose_peer_is_gone_do_not_use_up_the_budget_of_the_others() {
    let mut scripts: Vec<&[Answer]> = vec![&[Answer::Bad(Advice::Unreachable)]; 20];
    scripts.push(&[Answer::Good(HOUR)]);
    let mut rig = Rig::crowd(&scripts);
    let fresh = rig.until_in(20, |status| status.phase == Phase::Fresh);
    tokio::time::timeout(MINUTE, fresh).await.expect("its turn comes");
}

#[tokio::test(start_paused = true)]
async fn a_restart_during_an_outage_knows_what_the_outputs_hold() {
    let mut rig = Rig::start(&[Answer::Good(HOUR), Answer::Bad(Advice::Unreachable)]);
    let first = rig.until(|status| status.phase == Phase::Failing).await;
    let mut rig = rig.restart(&[Answer::Bad(Advice::Unreachable)]).await;
    let status = rig.until(|status| status.phase == Phase::Failing).await;
    assert_eq!((status.expires_at, status.subject), (first.expires_at, first.subject));
    rig.until(|status| status.phase == Phase::Expired).await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_removes_what_has_ended_if_the_policy_says_so() {
    let remove = Policy { on_expiry: OnExpiry::Remove, ..Policy::default() };
    let mut rig = Rig::with_policy(&[Answer::Good(HOUR), Answer::Bad(Advice::Unreachable)], remove);
    rig.until(|status| status.phase == Phase::Failing).await;
    let rig = rig.restart_with(&[Answer::Bad(Advice::Unreachable)], remove).await;
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(rig.file(), None);
}

#[tokio::test(start_paused = true)]
async fn what_another_process_published_meanwhile_is_not_removed_when_our_own_has_ended() {
    let remove = Policy { on_expiry: OnExpiry::Remove, ..Policy::default() };
    // Attempts come every two minutes from the half of 61 minutes on, so the end comes between two of them.
    let answers = [Answer::Good(61 * MINUTE), Answer::Bad(Advice::NeedsAttention)];
    let mut rig = Rig::with_policy(&answers, remove);
    rig.until(|status| status.phase == Phase::Blocked).await;
    tokio::time::sleep(30 * MINUTE + Duration::from_secs(15)).await;
    let elsewhere = rig.attempt_elsewhere(Answer::Good(12 * HOUR)).await;
    assert!(matches!(elsewhere, Outcome::Fresh { .. }), "{elsewhere:?}");
    tokio::time::sleep(MINUTE).await;
    assert_eq!(rig.file().as_deref(), Some("credential 1"));
    assert_eq!(rig.now().phase, Phase::Fresh, "and it is taken over");
}

#[tokio::test(start_paused = true)]
async fn an_output_that_could_not_be_written_is_not_taken_for_fresh_after_a_restart() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    rig.refuse.store(true, Ordering::Relaxed);
    let status = rig.until(|status| status.phase == Phase::Failing).await;
    assert_eq!(status.error.unwrap().stage, Stage::Publish);
    let mut rig = rig.restart(&[Answer::Good(HOUR)]).await;
    rig.until(|status| status.phase == Phase::Fresh).await;
    assert_eq!(rig.script.asked_at().len(), 1, "the second output still held the old credential");
}

#[tokio::test(start_paused = true)]
async fn a_record_from_the_future_is_not_trusted_after_the_clock_was_set_right() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.clock.set_by(8 * 3_600);
    rig.until(|status| status.phase == Phase::Fresh).await;
    rig.clock.set_by(-8 * 3_600);
    let mut rig = rig.restart(&[Answer::Good(12 * HOUR)]).await;
    rig.until(|status| status.phase == Phase::Fresh).await;
    assert_eq!(rig.script.asked_at().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_never_lets_go_of_the_lock_is_reported() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    let held = files::try_lock(&rig.runtime().join("test.one.lock")).unwrap().expect("nobody else has it");
    let status = rig.until(|status| status.phase == Phase::Failing).await;
    assert_eq!(status.error.unwrap().stage, Stage::Lock);
    drop(held);
    rig.until(|status| status.phase == Phase::Fresh).await;
}

/// Overwrites the output as another program would, and lets the engine know as the watcher would.
async fn disturb(rig: &Rig) {
    rig.overwrite(b"somebody else's");
    rig.commands.send(Command::Changed(rig.path())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_output_that_somebody_overwrote_or_removed_is_put_back_at_once() {
    for removed in [false, true] {
        let mut rig = Rig::start(&[Answer::Good(HOUR)]);
        let first = rig.until(|status| status.phase == Phase::Fresh).await;
        tokio::time::sleep(MINUTE).await;
        let disturbed_at = rig.clock.now();
        if removed {
            rig.remove();
            rig.commands.send(Command::Changed(rig.path())).await.unwrap();
        } else {
            disturb(&rig).await;
        }
        let second = rig.until(|status| status.issued_at > first.issued_at).await;
        assert!(second.issued_at.unwrap().duration_since(disturbed_at).unwrap() < Duration::from_millis(100));
        assert_eq!(rig.file().as_deref(), Some("credential 2"));
    }
}

#[tokio::test(start_paused = true)]
async fn our_own_writes_are_no_reason_for_another_attempt() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    for _ in 0..20 {
        rig.commands.send(Command::Changed(rig.path())).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(rig.script.asked_at().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fight_over_an_output_is_no_busy_loop_and_is_told_in_the_status() {
    let mut rig = Rig::start(&[Answer::Good(12 * HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    for _ in 0..3_600 {
        disturb(&rig).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let asked = rig.script.asked_at().len();
    assert!((5..=20).contains(&asked), "{asked} in an hour");
    assert!(rig.now().notes[0].contains("another program"), "{:?}", rig.now().notes);
    tokio::time::sleep(5 * MINUTE).await;
    assert_ne!(rig.file().as_deref(), Some("somebody else's"), "we have the last word");
    assert_eq!(rig.now().notes, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn an_output_that_is_disturbed_once_more_after_a_refresh_is_put_back_as_planned() {
    let mut rig = Rig::start(&[Answer::Good(12 * HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    for _ in 0..5 {
        disturb(&rig).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    disturb(&rig).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = rig.now();
    rig.commands.send(Command::Refresh(Vec::new())).await.unwrap();
    rig.until(|status| status.issued_at > before.issued_at).await;
    disturb(&rig).await;
    tokio::time::sleep(5 * MINUTE).await;
    assert_ne!(rig.file().as_deref(), Some("somebody else's"));
}

#[tokio::test(start_paused = true)]
async fn a_disturbed_output_does_not_shorten_the_wait_of_a_login_that_fails() {
    let mut rig = Rig::start(&[Answer::Good(HOUR), Answer::Bad(Advice::NeedsAttention)]);
    rig.until(|status| status.phase == Phase::Blocked).await;
    let asked = rig.script.asked_at().len();
    disturb(&rig).await;
    tokio::time::sleep(MINUTE).await;
    assert_eq!(rig.script.asked_at().len(), asked);
}

#[tokio::test(start_paused = true)]
async fn what_another_process_published_is_taken_over_when_it_is_noticed() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    rig.remove();
    tokio::time::sleep(MINUTE).await;
    rig.attempt_elsewhere(Answer::Good(12 * HOUR)).await;
    rig.commands.send(Command::Changed(rig.path())).await.unwrap();
    let end = rig.clock.now() + 11 * HOUR;
    rig.until(|status| status.expires_at > Some(end)).await;
    assert_eq!(rig.script.asked_at().len(), 1, "nobody was asked again");
}
