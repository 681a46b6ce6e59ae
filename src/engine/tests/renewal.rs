//! Credentials that can be kept alive: the same one goes on for as long as the provider lets it.

use std::time::Duration;

use super::rig::{Answer, Renewed, Rig};
use crate::engine::state::Phase;

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn the_same_credential_is_kept_alive_until_its_last_renewal_and_then_replaced() {
    let mut rig = Rig::start(&[Answer::Renewable(HOUR)]);
    rig.script.set_renewals(&[Renewed::For(HOUR), Renewed::For(HOUR), Renewed::Last(HOUR / 4)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    tokio::time::sleep(HOUR / 2 * 3 + Duration::from_mins(1)).await;
    assert_eq!((rig.file().unwrap().as_str(), rig.now().phase), ("credential 1", Phase::Fresh));
    assert_eq!(rig.script.asked_at().len(), 1, "three renewals were no exchanges");
    tokio::time::sleep(Duration::from_mins(9)).await;
    assert_eq!(rig.file().unwrap(), "credential 2", "it was replaced at half of what the last renewal gave");
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_died_early_is_replaced_even_by_a_shorter_one() {
    let mut rig = Rig::start(&[Answer::Renewable(12 * HOUR), Answer::Renewable(HOUR)]);
    rig.script.set_renewals(&[Renewed::Dead]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    tokio::time::sleep(6 * HOUR + Duration::from_mins(1)).await;
    assert_eq!(rig.file().unwrap(), "credential 2");
}

#[tokio::test(start_paused = true)]
async fn a_restart_keeps_the_same_credential_alive() {
    let mut rig = Rig::start(&[Answer::Renewable(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    let mut rig = rig.restart(&[Answer::Renewable(HOUR)]).await;
    rig.script.set_renewals(&[Renewed::For(HOUR)]);
    let adopted = rig.until(|status| status.phase == Phase::Fresh).await;
    rig.until(|status| status.issued_at > adopted.issued_at).await;
    assert_eq!((rig.file().unwrap().as_str(), rig.script.asked_at().len()), ("credential 1", 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_replaced_while_nobody_can_say_whether_it_lives() {
    let mut rig = Rig::start(&[Answer::Renewable(HOUR)]);
    rig.script.set_renewals(&[Renewed::Unknown, Renewed::Unknown, Renewed::For(HOUR)]);
    let first = rig.until(|status| status.phase == Phase::Fresh).await;
    rig.until(|status| status.phase == Phase::Failing).await;
    rig.until(|status| status.phase == Phase::Fresh && status.issued_at > first.issued_at).await;
    assert_eq!((rig.file().unwrap().as_str(), rig.script.asked_at().len()), ("credential 1", 1));
}

#[tokio::test(start_paused = true)]
async fn an_output_that_somebody_changed_gets_the_credential_back_that_programs_hold() {
    let mut rig = Rig::start(&[Answer::Renewable(HOUR)]);
    rig.script.set_renewals(&[Renewed::For(HOUR)]);
    let first = rig.until(|status| status.phase == Phase::Fresh).await;
    rig.overwrite(b"garbage");
    rig.until(|status| status.issued_at > first.issued_at).await;
    assert_eq!((rig.file().unwrap().as_str(), rig.script.asked_at().len()), ("credential 1", 1));
}
