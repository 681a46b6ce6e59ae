//! What the operating system's errors mean for a publish: who has to act, and how.

use std::io::{self, ErrorKind};
use std::path::Path;

use evercred_core::{Advice, Failure};
use rustix::io::Errno;

/// The failure of `operation` on `path`. The old content is still there whenever this is returned.
pub(super) fn failure(operation: &'static str, path: &Path, error: impl Into<io::Error>) -> Failure {
    let error = error.into();
    let (advice, hint) = remedy(path, &error);
    Failure::new(operation, path.display().to_string(), advice).hint(hint).caused_by(error)
}

fn remedy(path: &Path, error: &io::Error) -> (Advice, String) {
    let folder = path.parent().unwrap_or(path).display();
    let attention = |hint: String| (Advice::NeedsAttention, hint);
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            (Advice::RETRY, format!("Free some space for {folder}; until then the old content is kept."))
        }
        ErrorKind::PermissionDenied => attention(format!(
            "Let the user that runs evercred write to {folder} and own the file, or choose another path."
        )),
        ErrorKind::ReadOnlyFilesystem => {
            attention(format!("Mount the file system of {folder} for writing, or choose another path."))
        }
        ErrorKind::IsADirectory => {
            attention(format!("Remove the folder {}, or choose another path.", path.display()))
        }
        ErrorKind::NotADirectory => {
            attention(format!("Choose another path: a part of {} is a file.", path.display()))
        }
        ErrorKind::FileTooLarge => {
            attention("Choose another path: no credential file is as large as this one.".to_owned())
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => {
            attention("Choose the path of a regular file.".to_owned())
        }
        _ if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            attention(format!("Mend the links on the way to {}: they never end.", path.display()))
        }
        _ => (
            Advice::RETRY,
            "Look at the kernel's log; the old content is kept, and it is tried again.".to_owned(),
        ),
    }
}
