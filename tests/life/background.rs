//! `up` and `down`: a daemon that nobody holds by the hand.

use std::process::Command;

use evercred_sandbox::{Mint, Options};
use evercred_test_support::{Outcome, until};
use rustix::process::{Pid, Signal, kill_process};

use crate::workspace::{DOCUMENT, LIMIT, Workspace};

/// A workspace whose daemon does not outlive its test.
struct Background(Workspace);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.home.run(["down"]);
    }
}

impl Background {
    fn new() -> Self {
        Self(Workspace::new())
    }

    fn log(&self) -> String {
        self.0.home.read(".local/state/evercred/evercred.log").unwrap_or_default()
    }

    fn pid(&self) -> Option<Pid> {
        let pid = self.0.home.status()["daemon"]["pid"].as_i64()?;
        Pid::from_raw(i32::try_from(pid).unwrap())
    }
}

#[test]
fn up_starts_a_daemon_that_outlives_it_and_down_ends_it() {
    let workspace = Background::new();
    let home = &workspace.0.home;
    assert_eq!(home.run(["up"]).success(), "evercred runs\n");
    let pid = workspace.pid().unwrap();
    assert_eq!(home.run(["up"]).success(), "evercred runs already\n");
    assert_eq!(workspace.pid(), Some(pid));
    // proc_pid_stat(5): the session is its own, and there is no terminal.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    assert_eq!((fields[3], fields[4]), (pid.as_raw_nonzero().to_string().as_str(), "0"));
    home.run(["wait", "aws.default"]).success();
    assert!(workspace.log().contains("Fresh."), "{}", workspace.log());
    let ended = home.run(["down"]).success();
    assert_eq!(ended, "evercred has ended\n");
    assert!(home.read(DOCUMENT).is_some());
    assert_eq!(workspace.pid(), None);
    assert_eq!(home.run(["down"]).success(), "no evercred runs here\n");
}

#[test]
fn up_from_ten_shells_at_once_starts_one_daemon() {
    let workspace = Background::new();
    let said: Vec<String> = std::thread::scope(|scope| {
        let one = || Outcome::of(&mut workspace.0.home.evercred(["up", "--wait"])).success();
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(said.iter().all(|text| text.starts_with("aws.default: fresh")), "{said:?}");
    assert_eq!(workspace.0.exchanges().len(), 1);
    assert_eq!(workspace.log().matches("Fresh.").count(), 1, "{}", workspace.log());
}

#[test]
fn up_brings_a_killed_daemon_back_and_what_is_fresh_is_adopted() {
    let workspace = Background::new();
    let home = &workspace.0.home;
    home.run(["up", "--wait"]).success();
    let killed = workspace.pid().unwrap();
    kill_process(killed, Signal::KILL).unwrap();
    until("its end", LIMIT, || workspace.pid().is_none().then_some(()));
    home.run(["up", "--wait"]).success();
    assert_ne!(workspace.pid(), Some(killed));
    assert_eq!(workspace.0.exchanges().len(), 1, "adopted without a new exchange");
}

#[test]
fn up_says_what_is_wrong_with_a_config_and_starts_nothing() {
    let workspace = Background::new();
    workspace.0.configure("rolearn = 1\n");
    let outcome = workspace.0.home.run(["up"]);
    assert_eq!(outcome.code(), Some(3), "{outcome:?}");
    assert!(outcome.stderr.contains("rolearn"), "{outcome:?}");
    assert!(!workspace.0.home.path("run/evercred/control.sock").exists());
}

#[test]
fn up_that_waits_returns_with_the_reason_when_somebody_has_to_act_and_with_another_code_when_time_is_up() {
    let workspace = Background(Workspace::with(Options::default(), ""));
    workspace.0.give_token(&Mint::audience("somebody.else"));
    let outcome = workspace.0.home.run(["up", "--wait"]);
    assert_eq!(outcome.code(), Some(4), "{outcome:?}");
    assert!(outcome.stdout.contains("blocked") && outcome.stdout.contains("hint"), "{outcome:?}");
    workspace.0.sandbox.stop();
    workspace.0.give_token(&Mint::default());
    until("another reason", LIMIT, || {
        (workspace.0.home.status()["logins"][0]["phase"] == "failing").then_some(())
    });
    let outcome = workspace.0.home.run(["wait", "--timeout", "1s"]);
    assert_eq!(outcome.code(), Some(9), "{outcome:?}");
    assert!(outcome.stdout.contains("failing"), "{outcome:?}");
}

#[test]
fn the_daemon_in_the_background_holds_nothing_of_the_shell_that_started_it() {
    let workspace = Background::new();
    // `cat` ends only when the last holder of the pipe has let go.
    let mut shell = workspace.0.home.command("sh");
    shell.arg("-c").arg("\"$0\" up 2>&1 | cat").arg(evercred(&workspace));
    assert_eq!(Outcome::of(&mut shell).success(), "evercred runs\n");
}

fn evercred(workspace: &Background) -> std::ffi::OsString {
    let command: Command = workspace.0.home.evercred(["up"]);
    command.get_program().to_owned()
}
