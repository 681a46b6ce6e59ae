//! The only writer of files.
//!
//! What it promises: a reader of a published file sees the old content or the new, whole, at every instant and
//! after every crash; a file that did not have to change is not touched; and what other programs wrote into a file
//! that we share with them is still there afterwards.
//!
//! How: take a lock of our own; read; render; compare; only if the bytes differ, write a *draft* in the same folder
//! (mode and owner first, content second), make it durable, and give it the file's name in one step. Three cases
//! need more: a link is followed only where nobody else can steer it (`place`), a file that is itself a mount
//! point cannot be replaced and is written in place (`in_place`), and the writers of a shared file know nothing of
//! our lock (`foreign`).
//!
//! What it leaves out: access control lists and extended attributes are not carried over, and a file with several
//! hard links keeps its old content under the other names.
//!
//! Everything here blocks; async code calls it from a blocking task.

mod bounded_log;
mod content;
mod draft;
mod foreign;
mod in_place;
mod lock;
mod lock_file;
mod owner;
mod place;
mod rehearsal;
mod socket;
mod sweep;
mod trouble;
mod trust;

use std::io;
use std::path::{Path, PathBuf};

use evercred_core::{Advice, Failure};

use self::content::Current;
use self::draft::{Draft, Survives};
use self::lock_file::LockFile;
use self::owner::{as_ourselves, as_owner};
use self::place::Place;

pub use self::bounded_log::BoundedLog;
pub use self::lock::{Lock, lock, try_lock};
pub use self::owner::Owner;
pub use self::rehearsal::Rehearsed;
pub use self::socket::{connect, listen, remove_socket};

/// How often a publish starts again because somebody else wrote the file in the same instant.
const ROUNDS: usize = 100;

/// The mode of files that only we read.
const PRIVATE: u32 = 0o600;

/// A file that an output keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where it is.
    pub path: PathBuf,
    /// Its permission bits if it has to be created, such as `0o600`. An existing file keeps its own.
    pub mode: u32,
    /// Whether other programs write it too, as `aws configure` writes `~/.aws/credentials`.
    pub shared: bool,
    /// The lock that those programs take, if they take one: a file that is there while somebody holds it.
    pub lock_file: Option<PathBuf>,
    /// Whose it is, if it is not of the user that runs evercred.
    pub owner: Option<Owner>,
}

impl Target {
    /// A file that only we write.
    pub fn new(path: impl Into<PathBuf>, mode: u32) -> Self {
        Self { path: path.into(), mode, shared: false, owner: None, lock_file: None }
    }

    /// A file that other programs write too.
    pub fn shared(path: impl Into<PathBuf>, mode: u32) -> Self {
        Self { shared: true, ..Self::new(path, mode) }
    }

    /// The same, under the lock that other programs take, too.
    #[must_use]
    pub fn with_lock_file(self, path: impl Into<PathBuf>) -> Self {
        Self { lock_file: Some(path.into()), ..self }
    }

    /// The same for `owner`.
    #[must_use]
    pub fn owned_by(self, owner: Option<Owner>) -> Self {
        Self { owner, ..self }
    }

    fn lock_of_others(&self) -> Result<Option<LockFile>, Failure> {
        self.lock_file.as_deref().map(LockFile::take).transpose()
    }
}

/// Makes a file's new content of its present one (`None`: there is no file).
pub type Render<'a> = dyn FnMut(Option<&[u8]>) -> Result<Vec<u8>, Failure> + 'a;

/// What a publish did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The file had these bytes already and was not touched.
    Unchanged,
    /// The new content took the place of the old in one step.
    Written,
    /// The file is a mount point: it was overwritten in place, and a reader could see both contents for an instant.
    WrittenInPlace,
}

/// Publishes files, one writer per file at a time among all processes that use the same folder of locks.
#[derive(Debug, Clone)]
pub struct Publisher {
    lock_folder: PathBuf,
}

impl Publisher {
    /// A publisher whose locks are in `lock_folder`, made when first needed: nothing lies about beside the user's
    /// files.
    pub fn new(lock_folder: PathBuf) -> Self {
        Self { lock_folder }
    }

    /// Gives the target the content that `render` makes of its present one.
    ///
    /// `render` is called again whenever another program changed the file in between. Folders that are missing
    /// are made, for the user alone. On failure the old content is kept.
    pub fn publish(&self, target: &Target, render: &mut Render<'_>) -> Result<Published, Failure> {
        let place = as_owner(target.owner, || Place::make(&target.path))?;
        let _lock = self.lock_for(&place)?;
        as_owner(target.owner, || {
            let _lock_of_others = target.lock_of_others()?;
            publish_at(&place, target, render)
        })
    }

    /// Replaces a small file of our own state, for the user alone. Whole after a crash of ours, but not forced to
    /// the disk: after a power cut it may be the old one.
    pub fn update_private(&self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let place = Place::make(path)?;
        let _lock = self.lock_for(&place)?;
        sweep::left_overs(&place);
        Draft::write(&place, bytes, PRIVATE, None, Survives::Crash)
            .and_then(|mut draft| draft.take_the_name())
            .map_err(|error| place.trouble("write", error))
    }

    /// Removes the target's file, and says whether there was one. A link to it stays; a mount point is emptied.
    pub fn remove(&self, target: &Target) -> Result<bool, Failure> {
        let Some(place) = as_owner(target.owner, || Place::find(&target.path))? else { return Ok(false) };
        let _lock = self.lock_for(&place)?;
        as_owner(target.owner, || {
            let _lock_of_others = target.lock_of_others()?;
            sweep::left_overs(&place);
            place.remove().map_err(|error| place.trouble("remove", error))
        })
    }

    fn lock_for(&self, place: &Place) -> Result<Lock, Failure> {
        as_ourselves(|| lock(&self.lock_folder.join(place.lock_name())))
    }
}

/// Appends to a file of somebody else's, which must be there.
pub fn append(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from);
    file.and_then(|file| io::Write::write_all(&mut std::fs::File::from(file), bytes))
        .map_err(|error| trouble::failure("append to", path, error))
}

/// Removes a folder of our own with everything in it; nobody can do anything about what stays.
pub fn remove_folder(path: &Path) {
    let _ = std::fs::remove_dir_all(path);
}

/// Takes every right on the target's file from others that its mode does not give them.
pub fn restrict(target: &Target) -> Result<(), Failure> {
    as_owner(target.owner, || match Place::find(&target.path)? {
        Some(place) => place.restrict(target.mode | 0o700).map_err(|error| place.trouble("restrict", error)),
        None => Ok(()),
    })
}

/// The content of the target's file, as its owner would read it.
pub fn read_target(target: &Target) -> Result<Option<Vec<u8>>, Failure> {
    as_owner(target.owner, || {
        read(&target.path).map_err(|error| trouble::failure("read", &target.path, error))
    })
}

/// The content of a regular file of moderate size; `None` if there is no file.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    Ok(content::read(rustix::fs::CWD, path.as_os_str(), content::Links::Follow)?.map(|current| current.bytes))
}

/// Makes a folder and those above it that are missing, for the user alone. One that is there stays as it is, and is
/// refused if it belongs to somebody else.
pub fn ensure_folder(path: &Path) -> Result<(), Failure> {
    place::Folder::make(path).map(drop)
}

fn publish_at(place: &Place, target: &Target, render: &mut Render<'_>) -> Result<Published, Failure> {
    sweep::left_overs(place);
    for round in 0..ROUNDS {
        let current = if target.shared { foreign::settled(place, round > 0)? } else { place.read()? };
        if let Some(current) = &current {
            place.check_owner(current)?;
        }
        let bytes = render(current.as_ref().map(|current| current.bytes.as_slice()))?;
        if current.as_ref().is_some_and(|current| current.bytes == bytes) {
            return Ok(Published::Unchanged);
        }
        if let Some(published) = replace(place, target, current.as_ref(), &bytes)? {
            return Ok(published);
        }
    }
    Err(Failure::new("write", place.shown(), Advice::RETRY)
        .message("another program keeps changing it at the same time")
        .hint("Find the program that writes this file in a loop; it will be tried again."))
}

/// One try to replace the file; `None` if somebody else changed it in between.
fn replace(
    place: &Place,
    target: &Target,
    current: Option<&Current>,
    bytes: &[u8],
) -> Result<Option<Published>, Failure> {
    if place.is_mount_point() {
        return in_place::overwrite(place, current, bytes);
    }
    let mode = current.map_or(target.mode, Current::mode);
    let mut draft = Draft::write(place, bytes, mode, current.map(Current::owner), Survives::PowerCut)
        .map_err(|error| place.trouble("write", error))?;
    let replaced = match (target.shared, current) {
        (true, Some(current)) => foreign::exchange(&mut draft, current),
        (true, None) => draft.take_the_free_name(),
        (false, _) => draft.take_the_name().map(|()| true),
    };
    match replaced {
        Ok(true) => {
            drop(draft);
            place.make_names_durable();
            Ok(Some(Published::Written))
        }
        Ok(false) => Ok(None),
        // A mount point that an older kernel does not report as one.
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            in_place::overwrite(place, current, bytes)
        }
        Err(error) => Err(place.trouble("replace", error)),
    }
}
