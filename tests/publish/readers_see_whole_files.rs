//! Eight readers of a file that is rotated a thousand times or more each see one whole rotation at every reading.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use evercred::files::{Published, Publisher, Target};

/// So many at least, and until the readers have seen as many contents, all together.
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
            scope.spawn(|| read_until(&target.path, &ended, &seen));
        }
        let _end = Ends(&ended);
        for rotation in 1.. {
            let outcome = publisher.publish(target, &mut |_| Ok(content(rotation)));
            assert_eq!(outcome.unwrap(), Published::Written);
            // A reader that fails has ended it, too.
            let is_enough = rotation >= ROTATIONS && seen.load(Ordering::Relaxed) > ROTATIONS;
            if is_enough || ended.load(Ordering::Relaxed) {
                break;
            }
        }
    });
}

/// Counts the different contents that it sees.
fn read_until(path: &Path, ended: &AtomicBool, seen: &AtomicUsize) {
    let _end = Ends(ended);
    let mut last = 0;
    while !ended.load(Ordering::Relaxed) {
        let bytes = fs::read(path).unwrap();
        let text = str::from_utf8(&bytes).unwrap();
        let rotation = text.split_whitespace().nth(1).expect("never empty").parse().unwrap();
        assert!(bytes == content(rotation), "torn in rotation {rotation}");
        assert!(rotation >= last, "rotation {rotation} after {last}");
        seen.fetch_add(usize::from(rotation > last), Ordering::Relaxed);
        last = rotation;
    }
}

/// Ends all threads when one of them ends, for whatever reason.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn content(rotation: usize) -> Vec<u8> {
    format!("rotation {rotation} \n").repeat(LINES).into_bytes()
}
