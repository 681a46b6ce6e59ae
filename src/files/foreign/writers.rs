//! Who has a file open for writing, by `/proc`: the kernel tells nobody outright.
//!
//! Processes of other users, containers and hosts stay unseen; where there is no `/proc`, all do.

use std::fmt;
use std::fs;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Stat, StatxFlags};

/// A process that has a file open for writing.
#[derive(Debug)]
pub(super) struct Writer {
    process: String,
    name: String,
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {})", self.name, self.process)
    }
}

/// The first process found that has this file open for writing.
pub(super) fn of(file: &Stat) -> Option<Writer> {
    let processes = fs::read_dir("/proc").ok()?;
    processes
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
        .find(|entry| writes(&entry.path(), file))
        .map(|entry| Writer {
            process: entry.file_name().to_string_lossy().into_owned(),
            name: fs::read_to_string(entry.path().join("comm")).unwrap_or_default().trim().to_owned(),
        })
}

fn writes(process: &Path, file: &Stat) -> bool {
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else { return false };
    descriptors.filter_map(Result::ok).any(|entry| {
        is_file(&entry.path(), file) && is_for_writing(&process.join("fdinfo").join(entry.file_name()))
    })
}

fn is_file(descriptor: &Path, file: &Stat) -> bool {
    // DONT_SYNC: a descriptor on a network file system whose server is gone must not stop us.
    rustix::fs::statx(CWD, descriptor, AtFlags::STATX_DONT_SYNC, StatxFlags::INO).is_ok_and(|stat| {
        stat.stx_ino == file.st_ino
            && rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor) == file.st_dev
    })
}

/// Whether the flags of an open descriptor, `flags:` in octal, say that it can write. A descriptor that is gone
/// again cannot.
fn is_for_writing(info: &Path) -> bool {
    const ACCESS: u32 = 0o3;
    let Ok(info) = fs::read_to_string(info) else { return false };
    info.lines()
        .find_map(|line| line.strip_prefix("flags:"))
        .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
        .is_some_and(|flags| flags & ACCESS != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_no_writer() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let stat = rustix::fs::fstat(file.as_file()).unwrap();
        let reader = fs::File::open(file.path()).unwrap();
        let writer = of(&stat).unwrap();
        assert_eq!(writer.process, std::process::id().to_string());
        let path = file.into_temp_path();
        assert!(of(&stat).is_none(), "{writer} still holds {}", path.display());
        drop(reader);
    }
}
