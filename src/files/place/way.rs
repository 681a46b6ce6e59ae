//! Following links by hand, to see who owns each of them.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use evercred_core::Failure;
use rustix::fs::FileType;
use rustix::io::Errno;

use super::super::{trouble, trust};

/// As many links as the kernel follows on one path.
const MOST_LINKS: usize = 40;

/// The path without links that `path` leads to. What is missing at its end is taken by its name.
pub(super) fn end_of(path: &Path) -> Result<PathBuf, Failure> {
    let absolute = std::path::absolute(path).map_err(|error| trouble::failure("find", path, error))?;
    let mut way = Way::default();
    way.go_first(&absolute);
    while let Some(part) = way.ahead.pop_front() {
        way.step(part)?;
    }
    Ok(way.here)
}

#[derive(Default)]
struct Way {
    here: PathBuf,
    ahead: VecDeque<OsString>,
    links: usize,
}

impl Way {
    /// Puts `path` before what is ahead.
    fn go_first(&mut self, path: &Path) {
        for component in path.components().rev() {
            self.ahead.push_front(component.as_os_str().to_owned());
        }
    }

    fn step(&mut self, part: OsString) -> Result<(), Failure> {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) => {
                self.here.pop();
            }
            Some(Component::Normal(_)) => return self.enter(part),
            Some(Component::RootDir | Component::Prefix(_)) => self.here = PathBuf::from(part),
            Some(Component::CurDir) | None => {}
        }
        Ok(())
    }

    fn enter(&mut self, name: OsString) -> Result<(), Failure> {
        let next = self.here.join(name);
        match rustix::fs::lstat(&next) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_symlink() => {
                trust::check_link(&stat, &next)?;
                self.follow(&next).map_err(|error| trouble::failure("follow the link", &next, error))
            }
            Ok(_) | Err(Errno::NOENT) => {
                self.here = next;
                Ok(())
            }
            Err(error) => Err(trouble::failure("find", &next, error)),
        }
    }

    fn follow(&mut self, link: &Path) -> rustix::io::Result<()> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(Errno::LOOP);
        }
        let end = rustix::fs::readlink(link, Vec::new())?;
        self.go_first(Path::new(&OsString::from_vec(end.into_bytes())));
        Ok(())
    }
}
