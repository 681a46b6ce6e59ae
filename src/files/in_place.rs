//! Overwriting a file that cannot be replaced, because it is itself a mount point (a single file given to a
//! container): a rename over it is refused by the kernel.
//!
//! A reader can see a mixture for the length of one `write`. The space is taken beforehand, so that a full disk
//! shows while the old content is whole, and a shorter content is filled up with newlines before the rest is cut
//! off, so that a kill in between leaves nothing of the old behind the new.

use std::fs::File;
use std::io;

use evercred_core::Failure;
use rustix::fs::{FallocateFlags, Mode, OFlags};

use super::Published;
use super::content::Current;
use super::place::Place;

/// Gives the file new content under its old inode; `None` if somebody else changed it in between.
pub(super) fn overwrite(
    place: &Place,
    current: Option<&Current>,
    bytes: &[u8],
) -> Result<Option<Published>, Failure> {
    let old_length = current.map_or(0, |current| current.bytes.len());
    if !is_still(place, current).map_err(|error| place.trouble("read", error))? {
        return Ok(None);
    }
    overwrite_bytes(place, old_length, bytes).map_err(|error| place.trouble("overwrite", error))?;
    Ok(Some(Published::WrittenInPlace))
}

fn is_still(place: &Place, current: Option<&Current>) -> rustix::io::Result<bool> {
    let stat = place.stat()?;
    Ok(current.zip(stat).is_some_and(|(current, stat)| current.is_unwritten(&stat)))
}

fn overwrite_bytes(place: &Place, old_length: usize, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(place.folder(), place.name(), flags, Mode::empty())?);
    reserve(&file, bytes.len())?;
    let mut filled = bytes.to_vec();
    filled.resize(bytes.len().max(old_length), b'\n');
    std::os::unix::fs::FileExt::write_all_at(&file, &filled, 0)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// Takes the space for `length` bytes, where the file system can.
fn reserve(file: &File, length: usize) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, 0, length.max(1) as u64) {
        Err(error) if !super::draft::is_unsupported(error) => Err(error.into()),
        _ => Ok(()),
    }
}
