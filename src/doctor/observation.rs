//! What the programs of a user see: their environment variables, the files, and which programs are installed.
//!
//! A file is read once, so that all predictions speak of the same instant. Files come in through a door, [`Look`], so
//! that predictions are pure, and so that files of another user are read with that user's rights.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use evercred_core::Environment;

/// The door to the file system.
pub(crate) trait Look {
    /// What is at `path`.
    fn read(&self, path: &Path) -> Seen;

    /// Whether `path` is a program.
    fn is_program(&self, path: &Path) -> bool;
}

/// What is at a path.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing.
    Nothing,
    /// A folder, a pipe or a device.
    NoFile,
    /// A file that this user may not read.
    Unreadable,
    /// A file with this content.
    File(Vec<u8>),
}

/// All that predictions are made of.
pub(crate) struct Observation<'l> {
    /// The variables.
    pub(crate) environment: Environment,
    look: &'l dyn Look,
    seen: RefCell<BTreeMap<PathBuf, Rc<Seen>>>,
}

impl<'l> Observation<'l> {
    pub(crate) fn new(environment: Environment, look: &'l dyn Look) -> Self {
        Self { environment, look, seen: RefCell::default() }
    }

    /// The same with these variables set or, without a value, not set.
    pub(crate) fn with<'v>(&self, variables: impl IntoIterator<Item = (&'v str, Option<&'v str>)>) -> Self {
        let mut all: BTreeMap<&str, &str> = self.environment.iter().collect();
        for (name, value) in variables {
            match value {
                Some(value) => all.insert(name, value),
                None => all.remove(name),
            };
        }
        Self {
            environment: all.into_iter().collect(),
            look: self.look,
            seen: RefCell::new(self.seen.borrow().clone()),
        }
    }

    /// What is at `path`.
    pub(crate) fn read(&self, path: &Path) -> Rc<Seen> {
        if let Some(seen) = self.seen.borrow().get(path) {
            return Rc::clone(seen);
        }
        let seen = Rc::new(self.look.read(path));
        self.seen.borrow_mut().insert(path.to_owned(), Rc::clone(&seen));
        seen
    }

    /// The value of a variable that is not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name)
    }

    /// The value of a variable, which may be empty.
    pub(crate) fn verbatim(&self, name: &str) -> Option<&str> {
        self.environment.verbatim(name)
    }

    /// The program of that name that a command would start.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let folders = self.variable("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin").split(':');
        let mut places = folders.map(|folder| Path::new(folder).join(name));
        places.find(|place| place.is_absolute() && self.look.is_program(place))
    }

    /// A path below the home.
    pub(crate) fn home(&self, relative: &str) -> PathBuf {
        Path::new(self.variable("HOME").unwrap_or("/")).join(relative)
    }

    /// A path as Python's `expanduser` reads it.
    pub(crate) fn expand_user(&self, path: &str) -> PathBuf {
        match path.strip_prefix('~') {
            Some("") => self.home(""),
            Some(rest) if rest.starts_with('/') => self.home(rest.trim_start_matches('/')),
            _ => PathBuf::from(path),
        }
    }

    /// A path as Python's `expandvars` and then `expanduser` read it.
    pub(crate) fn expand(&self, path: &str) -> PathBuf {
        self.expand_user(&self.expand_variables(path))
    }

    /// `$NAME` and `${NAME}` with their values, as far as they are set.
    fn expand_variables(&self, text: &str) -> String {
        let (mut done, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('$') {
            done.push_str(before);
            let plain = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
            let (name, end) = match after.strip_prefix('{').and_then(|inside| inside.find('}')) {
                Some(length) => (&after[1..=length], length + 2),
                None => (&after[..plain], plain),
            };
            match self.verbatim(name).filter(|_| !name.is_empty()) {
                Some(value) => (done.push_str(value), rest = &after[end..]).1,
                None => (done.push('$'), rest = after).1,
            }
        }
        done + rest
    }
}

impl fmt::Debug for Observation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").field("environment", &self.environment).finish_non_exhaustive()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::NoFile => "NoFile",
            Self::Unreadable => "Unreadable",
            Self::File(_) => "File",
        })
    }
}
