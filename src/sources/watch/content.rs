//! What a file holds, as far as one must know to see that it changed.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// The content of a file at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// There was no regular file, or it could not be read.
    None,
    /// The hash of its bytes.
    Hash([u8; 32]),
}

impl Content {
    /// The present content of the file at `path`.
    pub(super) fn of(path: &Path) -> Self {
        hash(path).map_or(Self::None, Self::Hash)
    }
}

fn hash(path: &Path) -> io::Result<[u8; 32]> {
    // Opening a pipe would wait for its writer.
    if !path.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = [0; 8192];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(&block[..count]),
        }
    }
}
