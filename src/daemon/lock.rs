//! The daemon's lock: two daemons on one state would do everything twice.

use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::files::{self, Lock};
use crate::report::Report;

/// Whether a daemon holds its lock.
pub fn is_running(runtime_folder: &Path) -> bool {
    let path = path(runtime_folder);
    path.exists() && matches!(files::try_lock(&path), Ok(None))
}

/// The lock, or why it cannot be had.
///
/// It is tried several times, because [`is_running`] of another process takes it for an instant.
pub fn only_one(runtime_folder: &Path) -> Result<Lock, Box<Report>> {
    let mut lock = None;
    for _ in 0..PROBES {
        lock = files::try_lock(&path(runtime_folder)).map_err(|failure| Report::from(&failure))?;
        if lock.is_some() {
            break;
        }
        rest();
    }
    lock.ok_or_else(|| {
        let error =
            std::io::Error::other(format!("another evercred runs already ({})", runtime_folder.display()));
        let hint = "See \"evercred status\"; stop that one first, or set EVERCRED_RUNTIME_DIR for a second.";
        Report::new(&error, Some(hint.to_owned()), Exit::Failed).into()
    })
}

/// Waits until no daemon holds its lock; false if that takes longer than `steps` of 5 ms.
pub fn wait_for_end(runtime_folder: &Path, steps: usize) -> bool {
    for _ in 0..steps {
        if !is_running(runtime_folder) {
            return true;
        }
        rest();
    }
    false
}

fn path(runtime_folder: &Path) -> PathBuf {
    runtime_folder.join("daemon.lock")
}

/// More than any number of `evercred status` that ask at the same instant.
const PROBES: usize = 10;

#[expect(
    clippy::disallowed_methods,
    reason = "nothing else runs in this process, and an instant is all it takes"
)]
fn rest() {
    std::thread::sleep(std::time::Duration::from_millis(5));
}
