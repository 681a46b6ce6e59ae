//! The door to the real files, with the rights of the user whose programs read them.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::observation::{Look, Seen};
use crate::files::{self, Owner, Target};

/// The files of this machine, as `owner` sees them, or we ourselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    pub(crate) owner: Option<Owner>,
}

impl Look for Disk {
    fn read(&self, path: &Path) -> Seen {
        if self.owner.is_some() {
            let target = Target::new(path, 0o600).owned_by(self.owner);
            return match files::read_target(&target) {
                Ok(Some(bytes)) => Seen::File(bytes),
                Ok(None) => Seen::Nothing,
                Err(_) => Seen::Unreadable,
            };
        }
        match files::read(path) {
            Ok(Some(bytes)) => Seen::File(bytes),
            Ok(None) => Seen::Nothing,
            Err(error) => match error.kind() {
                ErrorKind::NotADirectory => Seen::Nothing,
                ErrorKind::IsADirectory | ErrorKind::InvalidInput => Seen::NoFile,
                _ => Seen::Unreadable,
            },
        }
    }

    fn is_program(&self, path: &Path) -> bool {
        path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    }
}
