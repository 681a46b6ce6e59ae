//! Eight readers of a file that is rotated a thousand times each see one whole rotation at every reading.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use evercred::files::{Published, Publisher, Target};

const ROTATIONS: usize = 1000;
const READERS: usize = 8;
/// More than one page and more than one buffer of usual readers.
const LINES: usize = 1000;

#[test]
fn of_a_private_file() {
    let folder = tempfile::tempdir().unwrap();
    rotate_under_readers(&Target::new(folder.path().join("file"), 0o600), folder.path());
}

#[test]
fn of_a_shared_file() {
    let folder = tempfile::tempdir().unwrap();
    rotate_under_readers(&Target::shared(folder.path().join("file"), 0o600), folder.path());
}

fn rotate_under_readers(target: &Target, folder: &Path) {
    let publisher = Publisher::new(folder.join("locks"));
    publisher.publish(target, &mut |_| Ok(content(0))).unwrap();
    let (ended, seen) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| seen.fetch_add(read_until(&target.path, &ended), Ordering::Relaxed));
        }
        for rotation in 1..=ROTATIONS {
            let outcome = publisher.publish(target, &mut |_| Ok(content(rotation)));
            if !matches!(outcome, Ok(Published::Written)) {
                ended.store(true, Ordering::Relaxed);
            }
            assert_eq!(outcome.unwrap(), Published::Written);
        }
        ended.store(true, Ordering::Relaxed);
    });
    let seen = seen.into_inner();
    assert!(seen > ROTATIONS, "the readers saw only {seen} contents, too few to prove anything");
}

/// How many different contents one reader saw.
fn read_until(path: &Path, ended: &AtomicBool) -> usize {
    let (mut last, mut changes) = (0, 0);
    while !ended.load(Ordering::Relaxed) {
        let bytes = fs::read(path).unwrap();
        let text = str::from_utf8(&bytes).unwrap();
        let rotation = text.split_whitespace().nth(1).expect("never empty").parse().unwrap();
        assert!(bytes == content(rotation), "torn in rotation {rotation}");
        assert!(rotation >= last, "rotation {rotation} after {last}");
        changes += usize::from(rotation > last);
        last = rotation;
    }
    changes
}

fn content(rotation: usize) -> Vec<u8> {
    format!("rotation {rotation} \n").repeat(LINES).into_bytes()
}
