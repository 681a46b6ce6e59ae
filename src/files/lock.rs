//! Locks between processes: `flock`, which the kernel gives back when its holder dies.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

use evercred_core::Failure;
use rustix::fs::{Mode, OFlags};

use super::place::Folder;
use super::trouble::failure;

/// A lock that is held until it is dropped. Its file stays: removing it would let two holders in.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Waits for the lock at `path`. Its folder is made if it is missing.
pub fn lock(path: &Path) -> Result<Lock, Failure> {
    hold(open(path)?).map_err(|error| failure("lock", path, error))
}

/// The same for the lock `name` in `folder`.
pub(super) fn lock_in(folder: &Folder, name: &OsStr) -> io::Result<Lock> {
    hold(open_in(folder, name)?)
}

fn hold(file: File) -> io::Result<Lock> {
    loop {
        match file.lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Takes the lock at `path` unless somebody holds it.
pub fn try_lock(path: &Path) -> Result<Option<Lock>, Failure> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failure("lock", path, error)),
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    let name =
        path.file_name().ok_or_else(|| failure("lock", path, io::Error::from(ErrorKind::IsADirectory)))?;
    let folder = Folder::make(path.parent().unwrap_or(Path::new(".")))?;
    open_in(&folder, name).map_err(|error| failure("lock", path, error))
}

fn open_in(folder: &Folder, name: &OsStr) -> rustix::io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    rustix::fs::openat(folder.descriptor(), name, flags, Mode::RUSR | Mode::WUSR).map(File::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_holder_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/login.lock");
        let held = lock(&path).unwrap();
        assert!(try_lock(&path).unwrap().is_none());
        drop(held);
        assert!(try_lock(&path).unwrap().is_some());
    }
}
