//! The only writer of files.

use std::path::PathBuf;

/// A file that an output keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where it is.
    pub path: PathBuf,
    /// Its permission bits if it has to be created, such as `0o600`.
    pub mode: u32,
}
