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
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        let folder = path.parent().unwrap_or(path).display();
        return (Advice::RETRY, format!("Free some space for {folder}; until then the old content is kept."));
    }
    let unknown = || "Look at the kernel's log; the old content is kept, and it is tried again.".to_owned();
    lasting(path, error).map_or_else(|| (Advice::RETRY, unknown()), |hint| (Advice::NeedsAttention, hint))
}

/// The remedy of what no time mends.
fn lasting(path: &Path, error: &io::Error) -> Option<String> {
    let folder = path.parent().unwrap_or(path).display();
    let path = path.display();
    Some(match error.kind() {
        ErrorKind::PermissionDenied => {
            format!(
                "Let the user that runs evercred write to {folder} and own the file, or choose another path."
            )
        }
        ErrorKind::ReadOnlyFilesystem => {
            format!("Mount the file system of {folder} for writing, or choose another path.")
        }
        ErrorKind::IsADirectory => format!("Remove the folder {path}, or choose another path."),
        ErrorKind::NotADirectory => format!("Choose another path: a part of {path} is a file."),
        ErrorKind::FileTooLarge => {
            "Choose another path: no credential file is as large as this one.".to_owned()
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => {
            "Choose the path of a regular file.".to_owned()
        }
        _ if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            format!("Mend the links on the way to {path}: they never end.")
        }
        _ => return None,
    })
}
