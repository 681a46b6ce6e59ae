//! What has to be watched so that no change of some files goes unseen.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use evercred_core::Environment;
use notify::Event;

/// More links in one path than any system allows.
const MOST_LINKS: usize = 40;

/// What is known of the machine's folders.
#[derive(Debug, Clone)]
pub(super) struct Terrain {
    /// Folders where so much happens that watching them would keep us awake.
    busy: BTreeSet<PathBuf>,
}

impl Terrain {
    /// The root, the home folder, and the folders for temporary files.
    pub(super) fn of(environment: &Environment) -> Self {
        let named = [environment.get("HOME"), environment.get("TMPDIR")].into_iter().flatten();
        Self::with_busy(["/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/run"].into_iter().chain(named))
    }

    /// These folders are busy.
    pub(super) fn with_busy<P: Into<PathBuf>>(folders: impl IntoIterator<Item = P>) -> Self {
        let mut busy: BTreeSet<PathBuf> = folders.into_iter().map(Into::into).collect();
        // Ways are walked with their links resolved, and the home folder is often behind one.
        let real: Vec<PathBuf> = busy.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        busy.extend(real);
        Self { busy }
    }
}

/// What to watch, which events matter, and whether events suffice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    watched: BTreeSet<PathBuf>,
    names: BTreeSet<PathBuf>,
    ticks: bool,
}

impl Plan {
    /// The plan for `paths` as the links and folders stand now.
    pub(super) fn of(paths: &[PathBuf], terrain: &Terrain) -> Self {
        let mut plan = Self::default();
        for path in paths {
            plan.follow(path.clone(), terrain);
        }
        plan
    }

    /// The folders (and files in busy folders) to watch.
    pub(super) fn watched(&self) -> &BTreeSet<PathBuf> {
        &self.watched
    }

    /// Whether events alone would miss changes.
    pub(super) fn needs_ticks(&self) -> bool {
        self.ticks
    }

    /// Says that events alone would miss changes.
    pub(super) fn require_ticks(&mut self) {
        self.ticks = true;
    }

    /// Whether `event` may have changed one of the files, or the way to it.
    pub(super) fn is_concerned(&self, event: &Event) -> bool {
        event.need_rescan()
            || event.paths.is_empty()
            || event.paths.iter().any(|path| self.names.contains(path))
    }

    /// Walks along `path`, from link to link, down to the file or to where the way ends.
    fn follow(&mut self, mut path: PathBuf, terrain: &Terrain) {
        for _ in 0..MOST_LINKS {
            match self.walk(&path, terrain) {
                Some(target) => path = target,
                None => return,
            }
        }
    }

    /// Walks to the first link, and gives the path that goes on from there.
    fn walk(&mut self, path: &Path, terrain: &Terrain) -> Option<PathBuf> {
        let mut walked = PathBuf::new();
        let mut components = path.components();
        while let Some(component) = components.next() {
            if component == Component::ParentDir {
                walked.pop();
                continue;
            }
            let folder = walked.clone();
            walked.push(component);
            let found = fs::symlink_metadata(&walked);
            let rest = components.as_path();
            match found {
                Ok(found) if found.is_symlink() => {
                    self.mind(&folder, &walked, false, terrain);
                    let target = fs::read_link(&walked).ok()?;
                    return Some(folder.join(target).join(rest));
                }
                Ok(found) if rest.as_os_str().is_empty() => {
                    self.mind(&folder, &walked, found.is_file(), terrain);
                }
                Ok(_) => {}
                Err(_) => {
                    self.mind(&folder, &walked, false, terrain);
                    return None;
                }
            }
        }
        None
    }

    /// Minds what happens to `entry` of `folder`, which may be a file, a link, or nothing yet.
    fn mind(&mut self, folder: &Path, entry: &Path, is_file: bool, terrain: &Terrain) {
        self.names.extend([folder.to_owned(), entry.to_owned()]);
        self.ticks |= is_mute(folder);
        if !terrain.busy.contains(folder) {
            self.watched.insert(folder.to_owned());
        } else if is_file {
            self.watched.insert(entry.to_owned());
        } else if !is_lasting(folder, entry) {
            self.ticks = true;
        }
    }
}

/// A link of the system itself, such as `/bin`: nobody turns it while we run.
fn is_lasting(folder: &Path, entry: &Path) -> bool {
    folder == Path::new("/") && entry.is_symlink()
}

/// Whether the file system that holds `folder` sends no events for what others do to it.
#[cfg(target_os = "linux")]
fn is_mute(folder: &Path) -> bool {
    /// `statfs` numbers of NFS, 9p, SMB (three), FUSE and virtiofs, Ceph, AFS, Lustre and `vboxsf`.
    const MUTE: [u32; 10] = [
        0x6969,
        0x0102_1997,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x6573_5546,
        0x00c3_6400,
        0x5346_414f,
        0x0bd0_0bd0,
        0x786f_4256,
    ];
    rustix::fs::statfs(folder)
        .is_ok_and(|found| u32::try_from(found.f_type).is_ok_and(|kind| MUTE.contains(&kind)))
}

#[cfg(not(target_os = "linux"))]
fn is_mute(_: &Path) -> bool {
    false
}
