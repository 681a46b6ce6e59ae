//! Secrets: read with the credential of a login, and living and dying with it.

use std::sync::Arc;
use std::time::Duration;

use evercred_core::{Advice, WallClock as _};

use super::reader::{Kind, Reader};
use super::renewal::Renewed;
use super::rig::{Answer, Rig};
use crate::engine::Command;
use crate::engine::attempt_error::Stage;
use crate::engine::state::Phase;
use crate::engine::status::LoginStatus;
use crate::files;
use crate::login::Policy;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

fn is_fresh(status: &LoginStatus) -> bool {
    status.phase == Phase::Fresh
}

#[tokio::test(start_paused = true)]
async fn a_secret_waits_for_its_login_and_says_why_it_has_none() {
    let reader = Reader::new(&[Kind::Static]);
    let mut rig = Rig::family(&[Answer::Bad(Advice::Unreachable)], &[Arc::clone(&reader)]);
    let waiting = rig.until_in(1, |status| status.error.is_some()).await;
    let error = waiting.error.unwrap();
    assert_eq!((error.stage, error.class.as_str()), (Stage::Login, "unreachable"));
    assert!(
        error.message.contains("the login test.one has no credential: failed to exchange"),
        "{}",
        error.message
    );
    assert_eq!(error.hint.as_deref(), Some("Fix it."));
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(reader.reads(), 0, "nobody was asked for nothing");
    rig.script.set(&[Answer::Good(HOUR)]);
    let login = rig.until(is_fresh).await;
    let secret = rig.until_in(1, is_fresh).await;
    let late = secret.issued_at.unwrap().duration_since(login.issued_at.unwrap()).unwrap();
    assert!(late < Duration::from_millis(100), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_login_that_fails_in_another_way_is_told_of_its_secrets_too() {
    let mut rig = Rig::family(&[Answer::Bad(Advice::Unreachable)], &[Reader::new(&[Kind::Static])]);
    rig.until_in(1, |status| status.phase == Phase::Failing).await;
    rig.script.set(&[Answer::Bad(Advice::NeedsAttention)]);
    let blocked = rig.until_in(1, |status| status.phase == Phase::Blocked).await;
    assert_eq!(blocked.next_attempt_at, rig.now().next_attempt_at, "it waits for its login");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_end_is_read_again_every_five_minutes() {
    let reader = Reader::new(&[Kind::Static]);
    let mut rig = Rig::family(&[Answer::Good(12 * HOUR)], &[Arc::clone(&reader)]);
    rig.until_in(1, is_fresh).await;
    tokio::time::sleep(HOUR).await;
    assert!((10..=15).contains(&reader.reads()), "{}", reader.reads());
    assert_eq!(rig.script.asked_at().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_kept_alive_until_its_last_renewal_and_then_replaced() {
    let reader = Reader::new(&[Kind::Leased(HOUR)]);
    reader.renew(&[Some(HOUR), Some(HOUR), None]);
    let mut rig = Rig::family(&[Answer::Good(24 * HOUR)], &[Arc::clone(&reader)]);
    rig.until_in(1, is_fresh).await;
    tokio::time::sleep(HOUR + 15 * MINUTE).await;
    assert_eq!((reader.reads(), rig.secret(0).unwrap().as_str()), (1, "1 with credential 1"));
    tokio::time::sleep(30 * MINUTE).await;
    assert_eq!((reader.reads(), rig.secret(0).unwrap().as_str()), (2, "2 with credential 1"));
}

#[tokio::test(start_paused = true)]
async fn what_hangs_on_a_credential_that_was_replaced_follows_before_that_ends() {
    let readers: Vec<_> = (0..20).map(|_| Reader::new(&[Kind::Leased(12 * HOUR)])).collect();
    let untouched = Reader::new(&[Kind::Pinned]);
    for reader in &readers {
        reader.renew(&[Some(12 * HOUR); 9]);
    }
    let mut rig =
        Rig::family(&[Answer::Good(2 * HOUR)], &[readers.clone(), vec![Arc::clone(&untouched)]].concat());
    rig.until_in(21, is_fresh).await;
    // At an hour, give or take, the login is replaced; what it had before lives for one hour more.
    tokio::time::sleep(HOUR + 3 * MINUTE).await;
    assert_eq!(rig.file().as_deref(), Some("credential 2"));
    tokio::time::sleep(30 * MINUTE).await;
    for reader in &readers {
        assert_eq!((reader.reads(), reader.renewals()), (2, 0), "replaced, not renewed");
    }
    assert_eq!(rig.secret(0).as_deref(), Some("2 with credential 2"));
    assert_eq!(untouched.reads(), 1, "what hangs on no credential stays");
}

#[tokio::test(start_paused = true)]
async fn what_hung_on_a_credential_that_is_dead_is_replaced_at_once() {
    let reader = Reader::new(&[Kind::Leased(12 * HOUR)]);
    let mut rig = Rig::family(&[Answer::Renewable(2 * HOUR)], &[Arc::clone(&reader)]);
    rig.until_in(1, is_fresh).await;
    // The renewal after an hour finds it revoked.
    tokio::time::sleep(HOUR + 10 * MINUTE).await;
    assert_eq!(rig.file().as_deref(), Some("credential 2"));
    assert_eq!(rig.secret(0).as_deref(), Some("2 with credential 2"));
}

#[tokio::test(start_paused = true)]
async fn a_renewed_credential_keeps_what_hangs_on_it() {
    let reader = Reader::new(&[Kind::Leased(12 * HOUR)]);
    let mut rig = Rig::family(&[Answer::Renewable(HOUR)], &[Arc::clone(&reader)]);
    rig.script.set_renewals(&[Renewed::For(HOUR); 5]);
    rig.until_in(1, is_fresh).await;
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!((reader.reads(), rig.script.asked_at().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn secrets_that_find_the_credential_dead_make_one_login_together_and_go_on() {
    let readers: Vec<_> = (0..30).map(|_| Reader::new(&[Kind::Static])).collect();
    let mut rig = Rig::family(&[Answer::Renewable(24 * HOUR)], &readers);
    let first = rig.until(is_fresh).await;
    rig.until_in(30, is_fresh).await;
    for reader in &readers {
        reader.kill("credential 1");
    }
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(rig.script.asked_at().len(), 2, "one login for all of them");
    assert_eq!(rig.file().as_deref(), Some("credential 2"));
    assert_eq!(rig.secret(7).as_deref().map(|text| text.ends_with("credential 2")), Some(true));
    assert!(rig.now().issued_at > first.issued_at, "the login knows");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_ends_while_its_login_takes_over_what_another_got_asks_for_no_more() {
    let (quick, slow) = (Reader::new(&[Kind::Static]), Reader::new(&[Kind::Static]));
    let readers = [Arc::clone(&quick), Arc::clone(&slow)];
    let mut rig = Rig::family(&[Answer::Renewable(24 * HOUR)], &readers);
    rig.until_all(is_fresh).await;
    for (reader, delay) in readers.iter().zip([2, 4]) {
        reader.kill("credential 1");
        reader.delay(Duration::from_secs(delay));
    }
    while rig.script.asked_at().len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    // Both are being read with the new credential; the login itself cannot take that over before both have ended.
    let lock = files::try_lock(&rig.lock_path()).unwrap().unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((quick.reads(), slow.reads()), (2, 2));
    drop(lock);
    tokio::time::sleep(MINUTE).await;
    assert_eq!(rig.script.asked_at().len(), 2, "one login for both");
    assert_eq!(rig.now().phase, Phase::Fresh);
}

#[tokio::test(start_paused = true)]
async fn a_lease_dies_with_a_credential_that_another_secret_found_to_be_dead() {
    let (finder, leased) = (Reader::new(&[Kind::Static]), Reader::new(&[Kind::Leased(12 * HOUR)]));
    let mut rig = Rig::family(&[Answer::Renewable(24 * HOUR)], &[Arc::clone(&finder), Arc::clone(&leased)]);
    rig.until_in(2, is_fresh).await;
    finder.kill("credential 1");
    tokio::time::sleep(6 * MINUTE).await;
    assert_eq!(rig.secret(1).as_deref(), Some("2 with credential 2"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_concerns_one_secret_and_the_others_go_on() {
    let readers = [Reader::new(&[Kind::Bad(Advice::NeedsAttention)]), Reader::new(&[Kind::Static])];
    let mut rig = Rig::family(&[Answer::Good(HOUR)], &readers);
    rig.until_in(1, |status| status.phase == Phase::Blocked).await;
    rig.until_in(2, is_fresh).await;
    assert_eq!(rig.now().phase, Phase::Fresh);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_rendered_keeps_its_file_and_its_lease() {
    let reader = Reader::new(&[Kind::Leased(HOUR)]);
    reader.renew(&[None]);
    let mut rig = Rig::family(&[Answer::Good(24 * HOUR)], &[Arc::clone(&reader)]);
    rig.until_in(1, is_fresh).await;
    reader.misfit(true);
    let failed = rig.until_in(1, |status| status.error.is_some()).await;
    assert_eq!(failed.error.unwrap().stage, Stage::Publish);
    reader.renew(&[Some(HOUR); 20]);
    tokio::time::sleep(10 * MINUTE).await;
    assert_eq!(rig.secret(0).as_deref(), Some("1 with credential 1"), "the old file");
    assert_eq!(reader.reads(), 2, "no lease is taken for each try");
    reader.misfit(false);
    rig.until_in(1, is_fresh).await;
    assert_eq!((rig.secret(0).as_deref(), reader.reads()), (Some("2 with credential 1"), 2));
}

#[tokio::test(start_paused = true)]
async fn a_restart_adopts_secrets_even_while_the_login_fails() {
    let first = Rig::family(&[Answer::Good(12 * HOUR)], &[Reader::new(&[Kind::Leased(12 * HOUR)])]);
    let mut rig = first;
    rig.until_in(1, is_fresh).await;
    rig.remove();
    let reader = Reader::new(&[Kind::Static]);
    let down = [Answer::Bad(Advice::Unreachable)];
    let mut rig = rig.restart_family(&down, Policy::default(), &[Arc::clone(&reader)]).await;
    rig.until(|status| status.phase == Phase::Failing).await;
    rig.until_in(1, is_fresh).await;
    assert_eq!(reader.reads(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_a_restart_a_lease_is_adopted_and_replaced_when_it_is_due() {
    let mut rig = Rig::family(&[Answer::Good(24 * HOUR)], &[Reader::new(&[Kind::Leased(HOUR)])]);
    rig.until_in(1, is_fresh).await;
    let reader = Reader::new(&[Kind::Leased(HOUR)]);
    let mut rig =
        rig.restart_family(&[Answer::Good(24 * HOUR)], Policy::default(), &[Arc::clone(&reader)]).await;
    rig.until_in(1, is_fresh).await;
    tokio::time::sleep(20 * MINUTE).await;
    assert_eq!((reader.reads(), rig.script.asked_at().len()), (0, 0));
    tokio::time::sleep(20 * MINUTE).await;
    assert_eq!((reader.reads(), reader.renewals(), rig.script.asked_at().len()), (1, 0, 0));
    assert_eq!(rig.secret(0).as_deref(), Some("1 with credential 1"), "the token came out of the output");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_asked_for_reads_a_secret_anew() {
    let reader = Reader::new(&[Kind::Leased(HOUR)]);
    let mut rig = Rig::family(&[Answer::Good(24 * HOUR)], &[Arc::clone(&reader)]);
    let first = rig.until_in(1, is_fresh).await;
    tokio::time::sleep(MINUTE).await;
    rig.commands.send(Command::Refresh(Vec::new())).await.unwrap();
    rig.until_in(1, |status| status.issued_at > first.issued_at && is_fresh(status)).await;
    assert_eq!((reader.renewals(), rig.secret(0).unwrap().starts_with('2')), (0, true));
}

#[tokio::test(start_paused = true)]
async fn five_hundred_secrets_are_fresh_within_ten_seconds_and_never_more_than_seventy_in_one() {
    let readers: Vec<_> = (0..500).map(|_| Reader::new(&[Kind::Static])).collect();
    let mut rig = Rig::family(&[Answer::Good(HOUR)], &readers);
    let login = rig.until(is_fresh).await;
    rig.until_all(is_fresh).await;
    let last = (1..=500).filter_map(|index| rig.status_of(index).issued_at).max().unwrap();
    let took = last.duration_since(login.issued_at.unwrap()).unwrap();
    assert!(took < Duration::from_secs(11), "{took:?}");
    let mut times: Vec<_> = readers.iter().flat_map(|reader| reader.times()).collect();
    times.sort();
    let busiest = times.iter().map(|start| {
        times.iter().filter(|time| (*start..*start + Duration::from_secs(1)).contains(*time)).count()
    });
    assert!(busiest.max().unwrap() <= 71);
}

#[tokio::test(start_paused = true)]
async fn a_few_find_out_for_all_whether_the_server_is_back() {
    let readers: Vec<_> = (0..200).map(|_| Reader::new(&[Kind::Static])).collect();
    let mut rig = Rig::family(&[Answer::Good(12 * HOUR)], &readers);
    rig.until_all(is_fresh).await;
    for reader in &readers {
        reader.set(&[Kind::Bad(Advice::Unreachable)]);
    }
    tokio::time::sleep(10 * MINUTE).await;
    let asked = |readers: &[Arc<Reader>]| readers.iter().map(|reader| reader.reads()).sum::<usize>();
    let before = asked(&readers);
    tokio::time::sleep(MINUTE).await;
    assert!((60..=125).contains(&(asked(&readers) - before)), "{} in a minute", asked(&readers) - before);
    for reader in &readers {
        reader.set(&[Kind::Static]);
    }
    let back = rig.clock.now();
    rig.until_all(is_fresh).await;
    assert!(rig.clock.now().duration_since(back).unwrap() < Duration::from_secs(6), "{:?}", rig.clock.now());
}
