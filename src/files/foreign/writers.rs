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
        let (descriptor, info) = (entry.path(), process.join("fdinfo").join(entry.file_name()));
        // Looked at again: a process that has read the file may write another one under the same number by now.
        is_file(&descriptor, file) && is_for_writing(&info) && is_file(&descriptor, file)
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
    use std::io::Write;
    use std::os::unix::fs::symlink;

    use rustix::fs::{FileType, Mode, mknodat};

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

    #[test]
    #[expect(clippy::disallowed_methods, reason = "plays a process that goes on between two looks at it")]
    fn a_descriptor_that_has_read_the_file_and_then_writes_another_is_no_writer() {
        let folder = tempfile::tempdir().unwrap();
        let [process, file, other] = ["process", "file", "other"].map(|name| folder.path().join(name));
        let [descriptor, info] = ["fd", "fdinfo"].map(|name| process.join(name).join("3"));
        for path in [&descriptor, &info] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
        }
        fs::write(&file, "").unwrap();
        fs::write(&other, "").unwrap();
        symlink(&file, &descriptor).unwrap();
        // A pipe: its writer goes on when we look into it, and have looked at the descriptor.
        mknodat(CWD, &info, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut info = fs::File::options().write(true).open(&info).unwrap();
                fs::remove_file(&descriptor).unwrap();
                symlink(&other, &descriptor).unwrap();
                info.write_all(b"pos:\t0\nflags:\t0100001\n").unwrap();
            });
            assert!(!writes(&process, &rustix::fs::stat(&file).unwrap()));
        });
    }
}
