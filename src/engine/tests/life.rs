//! Ordinary life: refreshing, restarting, being told.

use std::time::Duration;

use evercred_core::Advice;

use super::rig::{Answer, Rig};
use crate::engine::Command;
use crate::engine::state::Phase;
use crate::login::{OnExpiry, Policy};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn a_credential_is_replaced_at_half_of_its_life() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    assert_eq!(rig.file().unwrap(), "credential 1");
    tokio::time::sleep(4 * HOUR + Duration::from_mins(1)).await;
    assert_eq!(rig.script.asked_at().len(), 9);
    assert_eq!(rig.file().unwrap(), "credential 9");
}

#[tokio::test(start_paused = true)]
async fn what_readers_hold_on_to_is_replaced_so_early_that_it_does_not_end_in_their_hands() {
    let mut rig = Rig::serving("workload-identity", &[Answer::Good(Duration::from_mins(16))]);
    let status = rig.until(|status| status.phase == Phase::Fresh).await;
    assert_eq!(status.notes, [""; 0]);
    tokio::time::sleep(HOUR).await;
    let asked = rig.script.asked_at();
    let longest = asked.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap();
    assert!(longest <= Duration::from_mins(6), "{longest:?}");
    assert!(asked.len() < 25, "but not all the time: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_life_too_short_for_readers_that_hold_on_is_told_of() {
    let mut rig = Rig::serving("workload-identity", &[Answer::Good(Duration::from_mins(5))]);
    let status = rig.until(|status| status.phase == Phase::Fresh).await;
    assert!(
        status.notes[0].contains("lives 5m") && status.notes[0].contains("live 15m"),
        "{:?}",
        status.notes
    );
    tokio::time::sleep(HOUR).await;
    assert!(rig.script.asked_at().len() < 40, "{:?}", rig.script.asked_at());
}

#[tokio::test(start_paused = true)]
async fn readers_that_ask_before_the_end_find_a_newer_one_although_half_of_the_life_is_too_late() {
    let mut rig = Rig::serving("profile", &[Answer::Good(Duration::from_mins(30))]);
    let status = rig.until(|status| status.phase == Phase::Fresh).await;
    assert_eq!(status.notes, [""; 0]);
    tokio::time::sleep(4 * HOUR).await;
    let asked = rig.script.asked_at();
    let longest = asked.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap();
    assert!(longest <= Duration::from_secs(30 * 60 - 15 * 60 - 150 - 120), "{longest:?}");
    assert!(asked.len() < 32, "but not all the time: {}", asked.len());
}

#[tokio::test(start_paused = true)]
async fn what_is_read_once_and_cannot_be_renewed_is_told_of() {
    for (answer, is_told) in [(Answer::Good(HOUR), true), (Answer::Renewable(HOUR), false)] {
        let mut rig = Rig::serving("vault-token", &[answer]);
        let notes = rig.until(|status| status.phase == Phase::Fresh).await.notes;
        assert_eq!(notes.iter().any(|note| note.contains("hvac")), is_told, "{notes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_adopts_what_is_still_fresh() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    let mut rig = rig.restart(&[Answer::Good(HOUR)]).await;
    rig.until(|status| status.phase == Phase::Fresh).await;
    assert_eq!(rig.script.asked_at().len(), 0);
    tokio::time::sleep(HOUR).await;
    assert!(!rig.script.asked_at().is_empty(), "the adopted credential is refreshed when its time has come");
}

#[tokio::test(start_paused = true)]
async fn a_restart_replaces_an_output_that_somebody_changed() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    rig.overwrite(b"garbage");
    let mut rig = rig.restart(&[Answer::Good(HOUR)]).await;
    rig.until(|status| status.phase == Phase::Fresh).await;
    assert_eq!(rig.file().unwrap(), "credential 1");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_asked_for_happens_at_once() {
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    let first = rig.until(|status| status.phase == Phase::Fresh).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.commands.send(Command::Refresh(Vec::new())).await.unwrap();
    rig.until(|status| status.issued_at > first.issued_at).await;
    assert_eq!(rig.file().unwrap(), "credential 2");
}

#[tokio::test(start_paused = true)]
async fn a_shorter_lived_answer_does_not_replace_a_good_credential() {
    let mut rig = Rig::start(&[Answer::Good(12 * HOUR), Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    tokio::time::sleep(7 * HOUR).await;
    let status = rig.now();
    assert_eq!((status.phase, rig.file().unwrap().as_str()), (Phase::Fresh, "credential 1"));
    assert!(status.notes[0].contains("ends earlier"), "{:?}", status.notes);
    tokio::time::sleep(5 * HOUR).await;
    assert_eq!(rig.now().phase, Phase::Fresh);
    assert_ne!(rig.file().unwrap(), "credential 1");
}

#[tokio::test(start_paused = true)]
async fn what_has_ended_stays_or_goes_as_the_policy_says() {
    for (on_expiry, stays) in [(OnExpiry::Keep, true), (OnExpiry::Remove, false)] {
        let policy = Policy { on_expiry, ..Policy::default() };
        let answers = [Answer::Good(HOUR), Answer::Bad(Advice::RETRY)];
        let mut rig = Rig::with_policy(&answers, policy);
        rig.until(|status| status.phase == Phase::Expired).await;
        tokio::time::sleep(Duration::from_mins(10)).await;
        assert_eq!(rig.file().is_some(), stays);
        rig.script.set(&[Answer::Good(HOUR)]);
        rig.until(|status| status.phase == Phase::Fresh).await;
        assert!(rig.file().is_some());
    }
}
