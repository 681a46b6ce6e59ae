//! Credentials that can be kept alive: the same one goes on for as long as the provider lets it.

use std::time::Duration;

use evercred_core::{Advice, Credential, Failure, Field, WallClock as _};

use super::rig::{Answer, Rig, Script};
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

/// What the scripted provider answers when it is to keep a credential alive.
#[derive(Debug, Clone, Copy)]
pub(super) enum Renewed {
    /// It lives so long from now, and may be renewed again.
    For(Duration),
    /// It lives so long from now for the last time.
    Last(Duration),
    /// It is dead.
    Dead,
    /// Nobody could say.
    Unknown,
}

impl Script {
    /// What renewals are answered with, each once; without an answer, a credential is dead.
    pub(super) fn set_renewals(&self, renewals: &[Renewed]) {
        *self.renewals.lock().unwrap() = renewals.iter().copied().collect();
    }

    pub(super) fn renewed(&self, held: &Credential) -> Result<Option<Credential>, Failure> {
        let secret = held.field(Field::SESSION_TOKEN).unwrap().clone();
        let now = self.clock.now();
        let same = Credential::new("me", now).with(Field::SESSION_TOKEN, secret);
        match self.renewals.lock().unwrap().pop_front() {
            Some(Renewed::For(life)) => Ok(Some(same.expiring_at(now + life).renewable())),
            Some(Renewed::Last(life)) => Ok(Some(same.expiring_at(now + life))),
            Some(Renewed::Dead) | None => Ok(None),
            Some(Renewed::Unknown) => Err(Failure::new("renew", "nowhere", Advice::Unreachable)),
        }
    }
}
