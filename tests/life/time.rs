//! Time passes: outages, a process that is stopped, tokens that end and are replaced, the wall clock being set.

use std::time::{Duration, Instant, SystemTime};

use evercred_sandbox::Mint;
use rustix::process::Signal;
use rustix::time::{ClockId, clock_gettime, clock_settime};

use crate::workspace::{DOCUMENT, LIMIT, SOON, Workspace};

#[test]
fn an_outage_of_the_provider_costs_nothing_and_ends_within_a_second_of_its_return() {
    let workspace = Workspace::with_sessions_of(Duration::from_mins(1));
    workspace.configure("refresh_every = \"2s\"\n");
    let mut daemon = workspace.start();
    workspace.sandbox.stop();
    let stopped_at = Instant::now();
    let status = workspace.until_phase(&mut daemon, "failing");
    let old = workspace.home.read(DOCUMENT);
    daemon.until("ten seconds of outage", LIMIT, || {
        (stopped_at.elapsed() > Duration::from_secs(10)).then_some(())
    });
    assert_eq!(workspace.home.read(DOCUMENT), old, "the old credential is kept");
    assert_eq!(status["error"]["class"], "unreachable", "{status}");
    assert!(status["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{status}");
    for command in ["status", "once"] {
        assert_eq!(workspace.home.run([command]).code(), Some(6), "{command} says that it is stale");
    }
    let loud = daemon.log().lines().filter(|line| line.contains("WARN")).count();
    assert!(loud <= 4, "it grows quiet:\n{}", daemon.log());

    workspace.sandbox.resume().unwrap();
    assert!(workspace.until_other(&mut daemon, old.as_deref()) < SOON);
    workspace.until_phase(&mut daemon, "fresh");
    assert!(daemon.log().contains("Fresh again"), "{}", daemon.log());
}

#[test]
fn a_process_that_slept_through_its_session_is_fresh_within_a_second_of_waking() {
    let workspace = Workspace::with_sessions_of(Duration::from_secs(6));
    let mut daemon = workspace.start();
    daemon.signal(Signal::STOP);
    let old = workspace.home.read(DOCUMENT);
    let end = SystemTime::now() + Duration::from_secs(7);
    daemon.until("the end of the session", LIMIT, || (SystemTime::now() > end).then_some(()));
    assert_eq!(workspace.home.read(DOCUMENT), old, "it slept");
    daemon.signal(Signal::CONT);
    assert!(workspace.until_other(&mut daemon, old.as_deref()) < SOON);
}

#[test]
fn an_expired_token_that_is_replaced_is_noticed_at_once() {
    let workspace = Workspace::new();
    workspace.give_token(&Mint::default().expired());
    let mut daemon = workspace.home.start();
    let status = workspace.until_phase(&mut daemon, "blocked");
    assert!(status["error"].to_string().contains("`exp`"), "{status}");
    workspace.give_token(&Mint::default());
    assert!(workspace.until_other(&mut daemon, None) < SOON);
}

/// Setting the clock to what it shows harms nobody, and is a jump to the kernel all the same. Only root may.
#[test]
fn setting_the_wall_clock_ends_the_wait_of_a_failed_login_at_once() {
    let workspace = Workspace::new();
    workspace.give_token(&Mint::default().from_the_future());
    let mut daemon = workspace.home.start();
    daemon.until("a wait of more than seconds", LIMIT, || {
        let status = workspace.home.status();
        let failures = status["logins"][0]["failures"].as_u64()?;
        (failures >= 3).then_some(())
    });
    let before = daemon.log().matches("The wall clock was set.").count();
    match clock_settime(ClockId::Realtime, clock_gettime(ClockId::Realtime)) {
        Ok(()) => daemon.until("the daemon to notice", SOON, || {
            (daemon_log(&workspace).matches("The wall clock was set.").count() > before).then_some(())
        }),
        Err(error) => assert_eq!(error, rustix::io::Errno::PERM, "only a user who may not set the clock"),
    }
}

fn daemon_log(workspace: &Workspace) -> String {
    workspace.home.read("run/stderr").unwrap_or_default()
}
