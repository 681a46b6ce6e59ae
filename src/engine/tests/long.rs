//! Three days in which everything goes wrong at times, and clocks that are set by hours and weeks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use evercred_core::{Advice, WallClock as _};
use fastrand::Rng;

use super::rig::{Answer, Rig};
use crate::engine::state::Phase;

const HOUR: Duration = Duration::from_hours(1);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn three_days_of_faults_end_no_engine_leave_no_bad_file_and_are_forgotten_within_a_second() {
    let mut random = Rng::with_seed(2026);
    let mut rig = Rig::start(&[Answer::Good(HOUR)]);
    rig.until(|status| status.phase == Phase::Fresh).await;
    while rig.clock.started_for() < 72 * HOUR {
        disturb(&rig, &mut random);
        tokio::time::sleep(Duration::from_secs(random.u64(1..1200))).await;
        assert!(rig.lives());
        let file = rig.file().unwrap_or_else(|| "credential gone".to_owned());
        assert!(file.starts_with("credential "), "{file}");
    }
    rig.refuse.store(false, Ordering::Relaxed);
    rig.script.set(&[Answer::Good(HOUR)]);
    rig.clock.set_by(0);
    let ended = rig.clock.now();
    let status = rig.until(|status| status.phase == Phase::Fresh && !status.refreshing).await;
    assert!(rig.clock.now().duration_since(ended).unwrap() <= SECOND, "{status:?}");
}

/// One thing that goes wrong, or right again.
fn disturb(rig: &Rig, random: &mut Rng) {
    let answers = [
        Answer::Good(HOUR),
        Answer::Good(Duration::from_secs(random.u64(1..300))),
        Answer::Renewable(HOUR),
        Answer::Bad(Advice::RETRY),
        Answer::Bad(Advice::Unreachable),
        Answer::Bad(Advice::NewToken),
        Answer::Bad(Advice::NeedsAttention),
        Answer::Panic,
    ];
    match random.u8(0..10) {
        0 => rig.refuse.store(random.bool(), Ordering::Relaxed),
        1 => rig.overwrite(b"credential of somebody else"),
        2 if rig.file().is_some() => rig.remove(),
        3 => rig.clock.set_by(random.i64(-30_000..30_000)),
        4 => rig.clock.set_by(if random.bool() { 2_592_000 } else { -2_592_000 }),
        5 => rig.script.repeats_tokens.store(random.bool(), Ordering::Relaxed),
        _ => rig.script.set(&[answers[random.usize(0..answers.len())]]),
    }
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_is_set_by_hours_or_weeks_either_way_costs_no_second_without_a_good_credential() {
    for hours in [8, -8, 30 * 24, -30 * 24] {
        let mut rig = Rig::start(&[Answer::Good(HOUR)]);
        rig.until(|status| status.phase == Phase::Fresh).await;
        rig.clock.set_by(hours * 3600);
        tokio::time::sleep(SECOND).await;
        let status = rig.now();
        assert_eq!(status.phase, Phase::Fresh, "{hours} h: {status:?}");
        assert!(status.expires_at.unwrap() > rig.clock.now());
        // Set right again.
        rig.clock.set_by(-hours * 3600);
        tokio::time::sleep(SECOND).await;
        assert_eq!(rig.now().phase, Phase::Fresh, "back from {hours} h");
        // And the next refreshes come as ever.
        let asked = rig.script.asked_at().len();
        tokio::time::sleep(3 * HOUR).await;
        assert!(rig.script.asked_at().len() >= asked + 4, "{hours} h");
    }
}
