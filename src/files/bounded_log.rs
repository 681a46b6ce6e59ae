//! A log file that cannot grow without end: a full one becomes the older of two, and a new one begins.
//!
//! Several processes may append to the same log. A line goes out in one `write(2)` on a descriptor opened with
//! `O_APPEND`, so lines do not mix; who finds the log full turns it under a lock, and the others notice that their
//! file has lost its name.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use evercred_core::Failure;
use rustix::fs::{AtFlags, Mode, OFlags, Stat, fstat, openat, renameat, statat};

use super::lock::lock_in;
use super::place::Folder;
use super::trouble::failure;

/// A log file, for the user alone.
#[derive(Debug)]
pub struct BoundedLog {
    folder: Folder,
    name: OsString,
    limit: u64,
    file: File,
}

impl BoundedLog {
    /// Appends to the log at `path`, making it and its folder if they are missing. Neither it nor the one older
    /// generation beside it (`.1`) becomes longer than `limit` bytes, unless a single line is.
    pub fn open(path: &Path, limit: u64) -> Result<Self, Failure> {
        let wrong = |error: io::Error| failure("open the log", path, error);
        let name = path.file_name().ok_or_else(|| wrong(io::ErrorKind::IsADirectory.into()))?.to_owned();
        let folder = Folder::make(path.parent().unwrap_or(Path::new(".")))?;
        let file = open(&folder, &name).map_err(wrong)?;
        Ok(Self { folder, name, limit, file })
    }

    /// Where the generation before the one at `path` is.
    pub fn older(path: &Path) -> PathBuf {
        path.with_file_name(with(path.file_name().unwrap_or_default(), ".1"))
    }

    /// Appends `line`, which has its own end.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let length = self.current()?;
        if length > 0 && length.saturating_add(line.len() as u64) > self.limit {
            self.turn()?;
        }
        self.file.write_all(line)
    }

    /// The length of the file that has the log's name now, which becomes ours.
    fn current(&mut self) -> io::Result<u64> {
        let ours = fstat(&self.file)?;
        if self.is_named(&ours) {
            return Ok(ours.st_size.try_into().unwrap_or_default());
        }
        self.file = open(&self.folder, &self.name)?;
        Ok(self.file.metadata()?.len())
    }

    fn turn(&mut self) -> io::Result<()> {
        let _lock = lock_in(&self.folder, &with(&self.name, ".lock"))?;
        if self.is_named(&fstat(&self.file)?) {
            let folder = self.folder.descriptor();
            renameat(folder, &self.name, folder, with(&self.name, ".1"))?;
        }
        self.file = open(&self.folder, &self.name)?;
        Ok(())
    }

    fn is_named(&self, ours: &Stat) -> bool {
        statat(self.folder.descriptor(), &self.name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|named| (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino))
    }
}

/// One call, one line.
impl Write for BoundedLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.append(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(folder: &Folder, name: &OsStr) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    Ok(openat(folder.descriptor(), name, flags, Mode::RUSR | Mode::WUSR)?.into())
}

fn with(name: &OsStr, suffix: &str) -> OsString {
    let mut longer = name.to_owned();
    longer.push(suffix);
    longer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::read;

    fn text(path: &Path) -> String {
        String::from_utf8(read(path).unwrap().unwrap_or_default()).unwrap()
    }

    #[test]
    fn a_full_log_becomes_the_older_one_and_nothing_is_longer_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/evercred.log");
        let mut log = BoundedLog::open(&path, 20).unwrap();
        for number in 0..7 {
            log.append(format!("line {number}\n").as_bytes()).unwrap();
        }
        assert_eq!(text(&path), "line 6\n");
        assert_eq!(text(&BoundedLog::older(&path)), "line 4\nline 5\n");
    }

    #[test]
    fn two_writers_lose_no_line_when_one_of_them_turns_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut logs = [BoundedLog::open(&path, 12).unwrap(), BoundedLog::open(&path, 12).unwrap()];
        for number in 0..4 {
            logs[number % 2].append(format!("line{number}\n").as_bytes()).unwrap();
        }
        assert_eq!(text(&BoundedLog::older(&path)) + &text(&path), "line0\nline1\nline2\nline3\n");
    }

    #[test]
    fn a_log_that_was_removed_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = BoundedLog::open(&path, 100).unwrap();
        log.append(b"before\n").unwrap();
        crate::files::Publisher::new(folder.path().join("locks"))
            .remove(&crate::files::Target::new(&path, 0o600))
            .unwrap();
        log.append(b"after\n").unwrap();
        assert_eq!(text(&path), "after\n");
    }
}
