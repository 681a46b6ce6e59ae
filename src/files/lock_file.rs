//! The lock of another program: a file that is there for as long as somebody holds the lock.
//!
//! So `az` keeps its processes apart (`CrossPlatLock` of `msal_extensions`): the file is made, unless there is one, and
//! locked with `flock`; whoever held it removes it. A holder that was killed leaves its file behind, but not its
//! `flock`: after some seconds of waiting that alone counts, here as there.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use evercred_core::{Advice, Failure};
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::place::Place;

const NAP: Duration = Duration::from_millis(10);

/// How long a file without a holder is respected. The others wait as long.
const PATIENCE: Duration = Duration::from_secs(5);

/// The lock, until it is dropped.
#[derive(Debug)]
pub(super) struct LockFile {
    place: Place,
    _file: File,
}

impl LockFile {
    /// Waits for the lock at `path`.
    pub(super) fn take(path: &Path) -> Result<Self, Failure> {
        let place = Place::make(path)?;
        let mut waited = Duration::ZERO;
        loop {
            let is_overdue = waited >= PATIENCE;
            match Self::attempt(&place, is_overdue).map_err(|error| place.trouble("lock", error))? {
                Some(file) => return Ok(Self { place, _file: file }),
                None if waited >= PATIENCE * 2 => return Err(busy(&place)),
                None => {}
            }
            nap();
            waited += NAP;
        }
    }

    /// One try; `None` if somebody else has the lock. A file that is overdue is no obstacle, its `flock` is.
    fn attempt(place: &Place, is_overdue: bool) -> io::Result<Option<File>> {
        let new = if is_overdue { OFlags::empty() } else { OFlags::EXCL };
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | new;
        let file = match rustix::fs::openat(place.folder(), place.name(), flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => File::from(file),
            Err(Errno::EXIST) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Whoever had it may have removed the file between our opening and our locking it.
            Ok(()) => Ok(is_there(place, &file)?.then_some(file)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // If this fails the next one waits, and then goes by the `flock`.
        let _ = rustix::fs::unlinkat(self.place.folder(), self.place.name(), AtFlags::empty());
    }
}

fn is_there(place: &Place, file: &File) -> io::Result<bool> {
    let (there, ours) = (place.stat()?, rustix::fs::fstat(file)?);
    Ok(there.is_some_and(|there| (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)))
}

#[expect(clippy::disallowed_methods, reason = "waits for another process, which lives in real time")]
fn nap() {
    std::thread::sleep(NAP);
}

fn busy(place: &Place) -> Failure {
    Failure::new("lock", place.shown(), Advice::RETRY)
        .message("another program holds it")
        .hint("Find that program (\"fuser -v\" and this path) and let it finish; it will be tried again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_there_just_as_long_as_the_lock_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("entries.json.lockfile");
        let held = LockFile::take(&path).unwrap();
        assert!(path.exists());
        let place = Place::make(&path).unwrap();
        assert!(LockFile::attempt(&place, false).unwrap().is_none());
        assert!(LockFile::attempt(&place, true).unwrap().is_none());
        drop(held);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_a_killed_holder_left_counts_only_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("entries.json.lockfile");
        let left = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        left.persist(&path).unwrap();
        let place = Place::make(&path).unwrap();
        assert!(LockFile::attempt(&place, false).unwrap().is_none());
        assert!(LockFile::attempt(&place, true).unwrap().is_some());
    }
}
