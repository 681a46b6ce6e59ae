//! Outputs that somebody else removes or overwrites while the daemon runs.

use std::time::Duration;

use evercred_test_support::until;

use crate::workspace::{CONFIG, DOCUMENT, LIMIT, SOON, Workspace};

#[test]
fn outputs_that_are_removed_or_overwritten_are_put_back() {
    let workspace = Workspace::new();
    let mut daemon = workspace.start();
    let good = workspace.home.read(DOCUMENT).unwrap();
    let first = workspace.until_phase(&mut daemon, "fresh")["issued_at"].clone();
    std::fs::remove_file(workspace.home.path(DOCUMENT)).unwrap();
    assert!(workspace.until_other(&mut daemon, None) < SOON);
    assert_ne!(
        workspace.home.read(DOCUMENT).unwrap(),
        good,
        "nobody keeps the old secret, so it is a new one"
    );

    // The attempt writes the profile after the document.
    daemon.until("the end of the attempt", LIMIT, || {
        (workspace.home.status()["logins"][0]["issued_at"] != first).then_some(())
    });
    workspace.home.write(CONFIG, "[profile other]\nregion = eu-west-1\n");
    // It is the second time within a minute, so it takes ten seconds.
    let back = daemon.until("the profile", LIMIT, || {
        workspace.home.read(CONFIG).filter(|now| now.contains("credential_process"))
    });
    assert!(back.contains("[profile other]"), "{back}");
    assert_eq!(workspace.exchanges().len(), 3, "no attempt but for these: {}", daemon.log());
}

#[test]
fn a_folder_of_outputs_that_is_removed_comes_back() {
    let workspace = Workspace::new();
    let mut daemon = workspace.start();
    std::fs::remove_dir_all(workspace.home.path(".aws")).unwrap();
    daemon.until("the folder and the profile in it", LIMIT, || workspace.home.read(CONFIG));
}

#[test]
fn what_another_process_published_is_taken_over_without_an_exchange() {
    let workspace = Workspace::new();
    let mut daemon = workspace.start();
    let id = daemon.id();
    let issued_at = || workspace.home.status()["logins"][0]["issued_at"].clone();
    let first = issued_at();
    workspace.home.run(["once", "--force"]).success();
    daemon.until("the daemon to know", LIMIT, || {
        (workspace.home.status()["daemon"]["pid"] == id && issued_at() != first).then_some(())
    });
    assert_eq!(workspace.exchanges().len(), 2);
}

/// Voluntary context switches of the daemon's threads so far: each is a wake-up.
fn wake_ups(id: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let of_thread = |folder: std::path::PathBuf| -> u64 {
        let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.map_or(0, |count| count.trim().parse().unwrap())
    };
    threads.map(|thread| of_thread(thread.unwrap().path())).sum()
}

#[test]
fn a_daemon_that_watches_its_outputs_sleeps_with_all_its_services() {
    let workspace = Workspace::new();
    let hook = "hooks = [{ command = [\"/bin/true\"] }]";
    workspace.configure(&format!("{hook}\n[audit]\n[metrics]\nlisten = \"127.0.0.1:0\"\n"));
    let daemon = workspace.start();
    // Threads that helped at the start end within ten seconds or so, and another test may set the clock meanwhile.
    let quiet = Duration::from_secs(12);
    let (mut last, mut since) = (wake_ups(daemon.id()), std::time::Instant::now());
    until("twelve seconds without a wake-up", 2 * LIMIT, || {
        let now = wake_ups(daemon.id());
        if now != last {
            (last, since) = (now, std::time::Instant::now());
        }
        (since.elapsed() > quiet).then_some(())
    });
}
