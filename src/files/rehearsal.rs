//! A publish without its last step: whatever it would fail at shows, and nothing is left behind.

use std::path::{Path, PathBuf};

use evercred_core::Failure;
use rustix::fs::{Access, AtFlags};
use rustix::io::Errno;

use super::draft::{Draft, Survives};
use super::owner::as_owner;
use super::place::Place;
use super::{PRIVATE, Publisher, Render, Target, content::Current, trouble};

/// What a publish would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rehearsed {
    /// The file is as it should be.
    Unchanged,
    /// There is none, and it would be made.
    New,
    /// Its content would be replaced, or our part of it.
    Changed,
}

impl Publisher {
    /// Does what a publish does, up to the draft; the draft has the length of the new content, but not its bytes.
    /// Folders that are missing are not made: whether they could be is looked at.
    pub fn rehearse(&self, target: &Target, render: &mut Render<'_>) -> Result<Rehearsed, Failure> {
        as_owner(target.owner, || match Place::find(&target.path)? {
            Some(place) => in_folder(&place, render),
            None => without_folder(&target.path, render),
        })
    }
}

fn in_folder(place: &Place, render: &mut Render<'_>) -> Result<Rehearsed, Failure> {
    let current = place.read()?;
    if let Some(current) = &current {
        place.check_owner(current)?;
    }
    let bytes = render(current.as_ref().map(|current| current.bytes.as_slice()))?;
    if current.as_ref().is_some_and(|current| current.bytes == bytes) {
        return Ok(Rehearsed::Unchanged);
    }
    let tried = if place.is_mount_point() {
        rustix::fs::accessat(place.folder(), place.name(), Access::WRITE_OK, AtFlags::empty())
            .map_err(std::io::Error::from)
    } else {
        let owner = current.as_ref().map(Current::owner);
        Draft::write(place, &vec![0; bytes.len()], PRIVATE, owner, Survives::Crash).map(drop)
    };
    tried.map_err(|error| place.trouble("write", error))?;
    Ok(if current.is_some() { Rehearsed::Changed } else { Rehearsed::New })
}

fn without_folder(path: &Path, render: &mut Render<'_>) -> Result<Rehearsed, Failure> {
    render(None)?;
    let above = nearest(path);
    rustix::fs::access(&above, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| trouble::failure("make a folder in", &above, error))?;
    Ok(Rehearsed::New)
}

/// The nearest folder above `path` that is there.
fn nearest(path: &Path) -> PathBuf {
    let there = |folder: &&Path| !matches!(rustix::fs::stat(*folder), Err(Errno::NOENT));
    path.ancestors().skip(1).find(there).unwrap_or(Path::new("/")).to_owned()
}
