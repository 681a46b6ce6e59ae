//! The new content under a name of its own, until it takes the file's name.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, RenameFlags, Uid};
use rustix::io::Errno;

use super::place::Place;

const MARK: &str = ".evercred-";
/// So many that nobody's own word is taken for them.
const RANDOM_LETTERS: usize = 12;

/// What a draft's content is to survive.
#[derive(Debug, Clone, Copy)]
pub(super) enum Survives {
    /// A crash of ours.
    Crash,
    /// A crash of the machine: it is forced to the disk.
    PowerCut,
}

/// A file beside its place, which nobody has open any more. Whatever has its name when it is dropped is removed.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    place: &'a Place,
    name: OsString,
    has_name: bool,
}

impl<'a> Draft<'a> {
    /// Writes `bytes` into a new draft. Owner and mode come before the content, so that it is never readable by
    /// more than the finished file.
    pub(super) fn write(
        place: &'a Place,
        bytes: &[u8],
        mode: u32,
        owner: Option<(u32, u32)>,
        survives: Survives,
    ) -> io::Result<Self> {
        let (draft, mut file) = Self::create(place)?;
        set_owner(&file, owner)?;
        rustix::fs::fchmod(&file, Mode::from_raw_mode(mode & 0o777))?;
        file.write_all(bytes)?;
        match survives {
            Survives::Crash => {}
            Survives::PowerCut => file.sync_all()?,
        }
        Ok(draft)
    }

    fn create(place: &'a Place) -> io::Result<(Self, File)> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        loop {
            let name = new_name(place.name());
            match rustix::fs::openat(place.folder(), &name, flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => return Ok((Self { place, name, has_name: true }, file.into())),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(super) fn place(&self) -> &'a Place {
        self.place
    }

    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    /// Becomes the file, whatever was there.
    pub(super) fn take_the_name(&mut self) -> io::Result<()> {
        let folder = self.place.folder();
        rustix::fs::renameat(folder, &self.name, folder, self.place.name())?;
        self.has_name = false;
        Ok(())
    }

    /// Becomes the file unless one has appeared; says whether it did.
    pub(super) fn take_the_free_name(&mut self) -> io::Result<bool> {
        match self.rename_with(RenameFlags::NOREPLACE) {
            Ok(()) => {
                self.has_name = false;
                Ok(true)
            }
            Err(Errno::EXIST) => Ok(false),
            Err(error) if is_unsupported(error) => self.take_the_name().map(|()| true),
            Err(error) => Err(error.into()),
        }
    }

    /// Exchanges names with the file: it has ours now, and is removed with us.
    pub(super) fn exchange_names(&mut self) -> rustix::io::Result<()> {
        self.rename_with(RenameFlags::EXCHANGE)
    }

    fn rename_with(&self, flags: RenameFlags) -> rustix::io::Result<()> {
        let folder = self.place.folder();
        rustix::fs::renameat_with(folder, &self.name, folder, self.place.name(), flags)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if self.has_name {
            // If this fails the next publish sweeps it up.
            let _ = rustix::fs::unlinkat(self.place.folder(), &self.name, AtFlags::empty());
        }
    }
}

fn set_owner(file: &File, owner: Option<(u32, u32)>) -> io::Result<()> {
    let Some((user, group)) = owner else { return Ok(()) };
    let stat = rustix::fs::fstat(file)?;
    let user = (user != stat.st_uid).then(|| Uid::from_raw(user));
    let group = (group != stat.st_gid).then(|| Gid::from_raw(group));
    if user.is_some() || group.is_some() {
        rustix::fs::fchown(file, user, group)?;
    }
    Ok(())
}

/// Whether the file system or kernel lacks the flags of `renameat2`.
pub(super) fn is_unsupported(error: Errno) -> bool {
    matches!(error, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}

/// Whether `name` is that of a draft of the file `of`.
pub(super) fn is_draft_name(name: &[u8], of: &[u8]) -> bool {
    name.strip_prefix(b".")
        .and_then(|rest| rest.strip_prefix(of))
        .and_then(|rest| rest.strip_prefix(MARK.as_bytes()))
        .is_some_and(|rest| rest.len() == RANDOM_LETTERS && rest.iter().all(u8::is_ascii_alphanumeric))
}

fn new_name(of: &OsStr) -> OsString {
    let random: String = std::iter::repeat_with(fastrand::alphanumeric).take(RANDOM_LETTERS).collect();
    let mut name = OsString::from(".");
    name.push(of);
    name.push(MARK);
    name.push(random);
    name
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_draft_is_recognised_by_the_file_it_belongs_to() {
        let name = new_name(OsStr::new("credentials"));
        assert!(is_draft_name(name.as_bytes(), b"credentials"));
        assert!(!is_draft_name(name.as_bytes(), b"credential"));
        assert!(!is_draft_name(b".credentials.evercred-backup", b"credentials"));
        assert!(!is_draft_name(b"credentials", b"credentials"));
    }
}
