//! Removing what a killed publish left behind.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, Dir};

use super::draft::is_draft_name;
use super::place::Place;

/// Removes all drafts of this place. The caller holds its lock, so no draft belongs to anybody alive.
pub(super) fn left_overs(place: &Place) {
    if let Err(error) = sweep(place) {
        tracing::debug!(path = place.shown(), %error, "left-over drafts could not be removed");
    }
}

fn sweep(place: &Place) -> rustix::io::Result<()> {
    for entry in Dir::read_from(place.folder())? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if is_draft_name(name, place.name().as_bytes()) {
            rustix::fs::unlinkat(place.folder(), OsStr::from_bytes(name), AtFlags::empty())?;
        }
    }
    Ok(())
}
