//! A publish that is killed at any of its system calls leaves the old file or the new one, whole, and the next
//! publish removes whatever else it left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use evercred::files::{Publisher, Target};

use crate::traced::Traced;
use crate::worker::{Order, names_in};

const OLD: &str = "[other]\nkey = theirs\n";

#[test]
fn a_private_file_is_whole_after_a_kill_at_every_system_call() {
    survives_every_kill(|path| Target::new(path, 0o600), usize::MAX);
}

#[test]
fn a_shared_file_is_whole_after_a_kill_at_every_system_call() {
    // Looking for writers takes the same few calls for each process of the machine: the first and last are enough.
    survives_every_kill(|path| Target::shared(path, 0o600), 8);
}

#[test]
fn a_new_file_is_absent_or_whole_after_a_kill_at_every_system_call() {
    let calls = calls_of_a_publish(|path| Target::new(path.with_file_name("new/folder/file"), 0o600));
    for (call, occurrence) in every(&calls, usize::MAX) {
        let folder = tempfile::tempdir().unwrap();
        let order = order_in(folder.path(), Target::new(folder.path().join("new/folder/file"), 0o600));
        kill_at(&call, occurrence, &order, folder.path());
        let found = fs::read(&order.target.path);
        assert!(
            found.is_err() || found.unwrap() == order.bytes(),
            "partial after a kill at {call} {occurrence}"
        );
        assert_repaired_by_the_next_publish(&order);
    }
}

fn survives_every_kill(target: impl Fn(&Path) -> Target, most: usize) {
    let calls = calls_of_a_publish(&target);
    assert!(
        calls.contains_key("fsync") && calls.contains_key("fchmod"),
        "not the calls of a publish: {calls:?}"
    );
    let mut outcomes = BTreeMap::from([("old", 0), ("new", 0)]);
    for (call, occurrence) in every(&calls, most) {
        let folder = tempfile::tempdir().unwrap();
        let order = order_in(folder.path(), target(&old_file_in(folder.path())));
        kill_at(&call, occurrence, &order, folder.path());
        let found = fs::read(&order.target.path).unwrap();
        let which = if found == order.bytes() { "new" } else { "old" };
        assert!(
            which == "new" || found == OLD.as_bytes(),
            "torn after a kill at {call} {occurrence}: {found:?}"
        );
        *outcomes.get_mut(which).unwrap() += 1;
        assert_repaired_by_the_next_publish(&order);
    }
    assert!(outcomes.values().all(|count| *count > 3), "the kills missed the publish: {outcomes:?}");
}

/// How often an undisturbed publish makes each system call.
fn calls_of_a_publish(target: impl Fn(&Path) -> Target) -> BTreeMap<String, usize> {
    let folder = tempfile::tempdir().unwrap();
    let order = order_in(folder.path(), target(&old_file_in(folder.path())));
    let (result, log) = Traced::start(None, folder.path().join("log")).publish(&order);
    assert_eq!(result.as_deref(), Some("Written"));
    let mut calls = BTreeMap::new();
    for call in log.lines().filter_map(|line| line.split_once('(')).map(|(call, _)| call) {
        *calls.entry(call.to_owned()).or_default() += 1;
    }
    calls.remove("exit");
    calls
}

/// Each call with each of its occurrences, or with the first and last so many.
fn every(calls: &BTreeMap<String, usize>, most: usize) -> impl Iterator<Item = (String, usize)> {
    calls.iter().flat_map(move |(call, &count)| {
        (1..=count)
            .filter(move |occurrence| *occurrence <= most || count - occurrence < most)
            .map(|occurrence| (call.clone(), occurrence))
    })
}

fn kill_at(call: &str, occurrence: usize, order: &Order, folder: &Path) {
    let inject = format!("{call}:signal=KILL:when={occurrence}");
    Traced::start(Some(&inject), folder.join("log")).publish(order);
}

fn order_in(folder: &Path, target: Target) -> Order {
    Order { lock_folder: folder.join("locks"), target, line: "[ours] new".to_owned(), times: 500 }
}

fn old_file_in(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("home/credentials");
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, OLD).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    path
}

fn assert_repaired_by_the_next_publish(order: &Order) {
    Publisher::new(order.lock_folder.clone()).publish(&order.target, &mut |_| Ok(order.bytes())).unwrap();
    assert_eq!(fs::read(&order.target.path).unwrap(), order.bytes());
    let folder = order.target.path.parent().unwrap();
    assert_eq!(names_in(folder), [order.target.path.file_name().unwrap().to_str().unwrap()]);
}
