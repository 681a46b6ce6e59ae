//! No secret leaves but into the outputs: not through logs, errors, `status`, `config show`, the runtime folder, nor
//! another process's arguments or environment.
//!
//! Canaries are planted wherever a secret comes in, every command runs with the loudest log while things go well and
//! while they fail, and then all that came out is searched. Each test first proves that the canaries did come by.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a rig that does not stand must fail the test; the tests play the user, who writes as they like"
)]

#[path = "secrets/canaries.rs"]
mod canaries;
#[path = "secrets/config.rs"]
mod config;
#[path = "secrets/dumps.rs"]
mod dumps;
#[path = "secrets/recorder.rs"]
mod recorder;
#[path = "secrets/rig.rs"]
mod rig;
#[path = "secrets/witness.rs"]
mod witness;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use evercred_sandbox::{Fault, FaultKind, Group};
use evercred_test_support::Outcome;

use config::{LOGINS, OUTPUTS, SOURCES};
use rig::Rig;

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn nothing_secret_comes_out_while_a_daemon_rotates_and_fails() {
    let rig = Rig::new();
    let witness = rig.watch();
    let mut daemon = rig.start();
    rig.wait_for_rotations(&mut daemon, 3);
    // What needs attention comes last, because it is not tried again for minutes.
    for fault in [
        Fault::echo(500, "InternalFailure"),
        Fault::new(FaultKind::Garbage),
        Fault::new(FaultKind::HalfBody),
        Fault::echo(403, "AccessDenied"),
    ] {
        for group in [Group::Sts, Group::Supervisor, Group::Api, Group::Github, Group::Http] {
            rig.sandbox.fault(group, fault.clone());
        }
        rig.wait_for_failures(&mut daemon);
        rig.sandbox.clear_faults();
    }
    let status = [rig.run(&["status"]), rig.run(&["status", "--json"])];
    let log = daemon.log();
    assert!(daemon.stop().success());

    let canaries = rig.canaries();
    rig.assert_all_came_by();
    assert!(log.lines().all(|line| line.starts_with('{')), "the log is JSON: {log}");
    canaries.assert_absent_from("the log", &log);
    for outcome in status {
        canaries.assert_absent_from("status", &(outcome.stdout + &outcome.stderr));
    }
    witness.assert_saw(&["evercred", "good-command", "bad-command", "bin/hook"]);
    witness.assert_saw_nothing_of(&canaries, &rig.environment());
    assert_only_outputs_hold_any(&rig);
    let audit = rig.home.read(".local/state/evercred/audit.jsonl").unwrap();
    for event in ["exchange", "refusal", "publish"] {
        assert!(
            audit.contains(&format!("\"event\":\"{event}\"")),
            "no {event}, so nothing was proved: {audit}"
        );
    }
    canaries.assert_absent_from("the audit log", &audit);
}

#[test]
fn nothing_secret_comes_out_of_a_command_but_what_was_asked_for() {
    let rig = Rig::new();
    let witness = rig.watch();
    let mut said = String::new();
    let mut say = |outcome: Outcome| said.push_str(&(outcome.stdout + &outcome.stderr));
    for format in ["text", "json"] {
        say(rig.run(&["once", "--force", "--log-format", format, "--output", format]));
        for command in [&["status"][..], &["config", "show"], &["config", "check"], &["config", "schema"]] {
            say(rig.run(&[command, &["--output", format]].concat()));
        }
        for login in LOGINS {
            // What a login gives is asked for; what is logged meanwhile is not.
            let got = rig.run(&["get", login, "--fresh", "--log-format", format, "--output", format]);
            say(Outcome { stdout: String::new(), ..got });
            let got = rig.run(&["credential-process", login, "--output", format]);
            say(Outcome { stdout: String::new(), ..got });
            let got = rig.run(&["kube-credential", login, "--cluster", "prod", "--output", format]);
            say(Outcome { stdout: String::new(), ..got });
        }
        for source in SOURCES {
            say(rig.run(&["token", "--audience", "a", "--decode", "--source", source, "--output", format]));
        }
    }
    // The calls that are signed send the session's token along.
    for call in ["Action=AssumeRole&", "Action=GetCallerIdentity"] {
        rig.sandbox.fault(Group::Sts, Fault::echo(403, "SignatureDoesNotMatch").only(call));
        say(rig.run(&["get", "aws.chained", "--fresh"]).failure());
        rig.sandbox.clear_faults();
    }
    rig.sandbox.fault(Group::Sts, Fault::echo(403, "AccessDenied"));
    rig.sandbox.fault(Group::Github, Fault::echo(403, "forbidden"));
    say(rig.run(&["token", "--audience", "a", "--source", "github"]));
    say(rig.run(&["once", "--force"]));

    rig.assert_all_came_by();
    let canaries = rig.canaries();
    canaries.assert_absent_from("what the commands said", &said);
    witness.assert_saw(&["evercred", "good-command", "bad-command", "bin/hook"]);
    witness.assert_saw_nothing_of(&canaries, &rig.environment());
    assert_only_outputs_hold_any(&rig);
}

#[test]
fn a_mistake_beside_a_password_is_shown_without_it() {
    let rig = Rig::new();
    let config = rig.home.read(".config/evercred/config.toml").unwrap();
    rig.home.config(&config.replace("proxy = ", "proxi = "));
    for words in [&["config", "check"][..], &["config", "check", "--output", "json"], &["run"]] {
        let refused = rig.run(words).failure();
        assert!(refused.stderr.contains("proxi"), "{refused:?}");
        rig.canaries().assert_absent_from("the mistake", &(refused.stdout + &refused.stderr));
    }
}

/// Files with secrets are outputs or what the test planted; outputs are for their owner alone, from their folder on.
fn assert_only_outputs_hold_any(rig: &Rig) {
    let canaries = rig.canaries();
    let mut outputs = BTreeSet::new();
    for file in files_below(&rig.home.path("")) {
        let content = std::fs::read(&file).unwrap();
        if canaries.found_in(&content).is_empty() || rig.is_planted(&file) {
            continue;
        }
        let is_pass = file.to_str().unwrap().ends_with(".pass.json");
        assert!(is_pass || !file.starts_with(rig.home.path("run")), "{} holds a secret", file.display());
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert_eq!(mode(file.parent().unwrap()), 0o700, "the folder of {}", file.display());
        outputs.insert(file.file_name().unwrap().to_str().unwrap().to_owned());
    }
    for expected in OUTPUTS {
        assert!(outputs.contains(*expected), "{expected} is not among {outputs:?}, so nothing was proved");
    }
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: std::path::PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}
