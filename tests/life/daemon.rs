//! Starting, stopping and restarting; and processes that want the same credential at the same instant.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use evercred_test_support::{Outcome, until};
use rustix::process::Signal;

use crate::workspace::{CONFIG, DOCUMENT, LIMIT, Workspace};

#[test]
fn a_daemon_that_was_killed_adopts_what_is_fresh_unless_it_is_not_what_is_wanted() {
    let workspace = Workspace::new();
    let mut kill_and_start = {
        let mut daemon = Some(workspace.start());
        let workspace = &workspace;
        move |expected: usize| {
            let killed = daemon.take().unwrap();
            killed.signal(Signal::KILL);
            let id = killed.id();
            until("its end", LIMIT, || {
                (!std::path::Path::new(&format!("/proc/{id}/cwd")).exists()).then_some(())
            });
            drop(killed);
            daemon = Some(workspace.start());
            assert_eq!(workspace.exchanges().len(), expected, "{}", daemon.as_ref().unwrap().log());
        }
    };
    let document = workspace.home.read(DOCUMENT);
    kill_and_start(1);
    assert_eq!(workspace.home.read(DOCUMENT), document);

    workspace.configure("session_name = \"another\"\n");
    kill_and_start(2);
    workspace.home.write(CONFIG, "");
    kill_and_start(3);
    assert!(workspace.home.read(CONFIG).unwrap().contains("credential_process"));
    kill_and_start(3);
}

#[test]
fn a_second_daemon_says_so_and_leaves_the_first_alone() {
    let workspace = Workspace::new();
    let mut daemon = workspace.start();
    let second = workspace.home.run(["run"]);
    assert_eq!(second.code(), Some(1), "{second:?}");
    assert!(second.stderr.contains("another evercred runs already"), "{second:?}");
    assert!(second.stderr.contains("hint:"), "{second:?}");
    workspace.until_phase(&mut daemon, "fresh");
}

#[test]
fn sigterm_and_sigint_end_it_in_under_a_second_and_the_outputs_stay() {
    for signal in [Signal::TERM, Signal::INT] {
        let workspace = Workspace::new();
        let mut child = quiet(&mut workspace.home.evercred(["run"]));
        until("the document", LIMIT, || workspace.home.read(DOCUMENT));
        let asked = Instant::now();
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal).unwrap();
        let ended = until("its end", LIMIT, || child.try_wait().unwrap());
        assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
        assert_eq!(ended.code(), Some(0));
        assert!(workspace.home.read(DOCUMENT).is_some() && workspace.home.read(CONFIG).is_some());
        assert_eq!(workspace.home.status()["daemon"], serde_json::Value::Null);
    }
}

#[test]
fn a_daemon_ends_in_under_a_second_although_another_process_holds_a_login() {
    let workspace = Workspace::new();
    let lock = workspace.home.write("run/evercred/aws.default.lock", "");
    std::fs::set_permissions(lock.parent().unwrap(), std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .unwrap();
    let held = std::fs::File::open(&lock).unwrap();
    held.lock().unwrap();
    let mut child = quiet(&mut workspace.home.evercred(["run"]));
    until("the attempt", LIMIT, || {
        (workspace.home.status()["logins"][0]["refreshing"] == true).then_some(())
    });
    let asked = Instant::now();
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), Signal::TERM).unwrap();
    until("its end", LIMIT, || child.try_wait().unwrap());
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

#[test]
fn a_hundred_processes_that_miss_the_document_make_one_exchange() {
    for with_daemon in [false, true] {
        let workspace = Workspace::new();
        let daemon = with_daemon.then(|| workspace.start());
        if with_daemon {
            std::fs::remove_file(workspace.home.path(DOCUMENT)).unwrap();
        }
        workspace.sandbox.forget_requests();
        let document = workspace.home.path(DOCUMENT);
        let words = ["credential-process", "--document", document.to_str().unwrap(), "aws.default"];
        let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
            let one = || Outcome::of(&mut workspace.home.evercred(words));
            let threads: Vec<_> = (0..100).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let answers: Vec<String> = outcomes.into_iter().map(Outcome::success).collect();
        let kept = workspace.home.read(DOCUMENT).unwrap();
        assert!(answers.iter().all(|answer| *answer == kept), "all have the same one");
        assert_eq!(workspace.exchanges().len(), 1, "with a daemon: {with_daemon}");
        drop(daemon);
    }
}

fn quiet(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
