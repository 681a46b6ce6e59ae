//! Reading a file: bounded, regular files only, and never waiting for a pipe's other end.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};

use rustix::fd::AsFd;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

/// No credential file is as large; something else was named by mistake.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A file as it was found.
#[derive(Debug)]
pub(super) struct Current {
    pub(super) bytes: Vec<u8>,
    pub(super) stat: Stat,
}

impl Current {
    /// Its permission bits.
    pub(super) fn mode(&self) -> u32 {
        self.stat.st_mode & 0o777
    }

    /// Its user and group.
    pub(super) fn owner(&self) -> (u32, u32) {
        (self.stat.st_uid, self.stat.st_gid)
    }

    /// Whether `other` is the same inode.
    pub(super) fn is_same_file(&self, other: &Stat) -> bool {
        (self.stat.st_dev, self.stat.st_ino) == (other.st_dev, other.st_ino)
    }

    /// Whether `other` is the same inode, not written since.
    pub(super) fn is_unwritten(&self, other: &Stat) -> bool {
        self.is_same_file(other)
            && self.stat.st_size == other.st_size
            && (self.stat.st_mtime, self.stat.st_mtime_nsec) == (other.st_mtime, other.st_mtime_nsec)
    }
}

/// What to do if the name is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    Follow,
    Refuse,
}

/// Reads `name`, relative to `folder`.
pub(super) fn read(folder: impl AsFd, name: &OsStr, links: Links) -> io::Result<Option<Current>> {
    // Without NONBLOCK, opening a pipe would wait for its writer.
    let mut flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    flags.set(OFlags::NOFOLLOW, links == Links::Refuse);
    let file = match rustix::fs::openat(folder, name, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let stat = rustix::fs::fstat(&file)?;
    check_type(&stat)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Errno::FBIG.into());
    }
    Ok(Some(Current { bytes, stat }))
}

fn check_type(stat: &Stat) -> io::Result<()> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(Errno::ISDIR.into()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device, a pipe or a socket")),
    }
}
