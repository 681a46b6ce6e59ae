//! Where a path really ends: all links followed, nobody else able to steer the way, the folder held open.
//!
//! Every later step names the file relative to that open folder, so that nobody can exchange the folder between
//! two steps.

mod way;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use evercred_core::Failure;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, Stat, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use super::content::{self, Current, Links};
use super::{trouble, trust};
use crate::digest;

/// An open folder in which nobody but us and root can replace our files.
#[derive(Debug)]
pub(super) struct Folder {
    descriptor: OwnedFd,
    path: PathBuf,
    open_to_all: bool,
}

impl Folder {
    /// The folder at the end of `path`; it and those above are made if they are missing.
    pub(super) fn make(path: &Path) -> Result<Self, Failure> {
        let path = way::end_of(path)?;
        make_folders(&path).map_err(|error| trouble::failure("make the folder", &path, error))?;
        Self::open(path)
    }

    /// The folder at the end of `path`, if it is there.
    pub(super) fn find(path: &Path) -> Result<Option<Self>, Failure> {
        let path = way::end_of(path)?;
        if matches!(rustix::fs::lstat(&path), Err(Errno::NOENT)) {
            return Ok(None);
        }
        Self::open(path).map(Some)
    }

    fn open(path: PathBuf) -> Result<Self, Failure> {
        let (descriptor, stat) =
            Self::descriptor_of(&path).map_err(|error| trouble::failure("open the folder", &path, error))?;
        trust::check_folder(&stat, &path)?;
        Ok(Self { descriptor, path, open_to_all: trust::is_open_to_all(&stat) })
    }

    fn descriptor_of(path: &Path) -> rustix::io::Result<(OwnedFd, Stat)> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let descriptor = rustix::fs::open(path, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&descriptor)?;
        Ok((descriptor, stat))
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// A file's name in its folder, whether or not there is such a file.
#[derive(Debug)]
pub(super) struct Place {
    folder: Folder,
    name: OsString,
}

impl Place {
    /// The place that `path` leads to; its folder is made if it is missing.
    pub(super) fn make(path: &Path) -> Result<Self, Failure> {
        let (folder, name) = Self::split(path)?;
        Ok(Self { folder: Folder::make(&folder)?, name })
    }

    /// The place that `path` leads to, if its folder is there.
    pub(super) fn find(path: &Path) -> Result<Option<Self>, Failure> {
        let (folder, name) = Self::split(path)?;
        Ok(Folder::find(&folder)?.map(|folder| Self { folder, name }))
    }

    fn split(path: &Path) -> Result<(PathBuf, OsString), Failure> {
        let end = way::end_of(path)?;
        match (end.parent(), end.file_name()) {
            (Some(folder), Some(name)) => Ok((folder.to_owned(), name.to_owned())),
            _ => Err(trouble::failure("write", path, Errno::ISDIR)),
        }
    }

    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.descriptor()
    }

    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    /// The path, for people.
    pub(super) fn shown(&self) -> String {
        self.path().display().to_string()
    }

    /// The failure of `operation` here.
    pub(super) fn trouble(&self, operation: &'static str, error: impl Into<io::Error>) -> Failure {
        trouble::failure(operation, &self.path(), error)
    }

    /// The name of this place's lock: the same for every path that leads here.
    pub(super) fn lock_name(&self) -> String {
        format!("{}.lock", digest::of(self.path().as_os_str().as_bytes()))
    }

    /// The file that is there now.
    pub(super) fn read(&self) -> Result<Option<Current>, Failure> {
        content::read(self.folder(), &self.name, Links::Refuse).map_err(|error| self.trouble("read", error))
    }

    /// The state of the file that is there now.
    pub(super) fn stat(&self) -> rustix::io::Result<Option<Stat>> {
        match rustix::fs::statat(self.folder(), &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Refuses a file that somebody else may have planted.
    pub(super) fn check_owner(&self, current: &Current) -> Result<(), Failure> {
        if self.folder.open_to_all { trust::check_file(&current.stat, &self.path()) } else { Ok(()) }
    }

    /// Whether the file is itself a mount point, as containers are given single files. Older kernels do not say.
    pub(super) fn is_mount_point(&self) -> bool {
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::statx(self.folder(), &self.name, flags, StatxFlags::TYPE)
            .is_ok_and(|stat| stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }

    /// Leaves of the file's permission bits only those that `mode` has, too.
    pub(super) fn restrict(&self, mode: u32) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(self.folder(), &self.name, flags, Mode::empty())?;
        let present = rustix::fs::fstat(&file)?.st_mode & 0o777;
        Ok(rustix::fs::fchmod(&file, Mode::from_raw_mode(present & mode))?)
    }

    /// Removes the file, and says whether there was one. A mount point cannot be removed, only emptied.
    pub(super) fn remove(&self) -> io::Result<bool> {
        match rustix::fs::unlinkat(self.folder(), &self.name, AtFlags::empty()) {
            Ok(()) => {
                self.make_names_durable();
                Ok(true)
            }
            Err(Errno::NOENT) => Ok(false),
            Err(Errno::BUSY) => {
                let flags = OFlags::WRONLY | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                rustix::fs::openat(self.folder(), &self.name, flags, Mode::empty())?;
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a change of names survive a power cut. The change itself is visible already, so a file system that
    /// cannot do it is worth a line in the log, not a failure.
    pub(super) fn make_names_durable(&self) {
        if let Err(error) = rustix::fs::fsync(self.folder()) {
            tracing::warn!(folder = %self.folder.path.display(), %error, "the folder could not be forced to the disk");
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path.join(&self.name)
    }
}

fn make_folders(path: &Path) -> rustix::io::Result<()> {
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Err(Errno::NOENT) => {
            make_folders(path.parent().ok_or(Errno::NOENT)?)?;
            make_folders(path)
        }
        // That it exists is reported in several ways (EROFS, EACCES).
        Err(_) if rustix::fs::stat(path).is_ok() => Ok(()),
        made => made,
    }
}
