//! Whom we trust with the way to a file: ourselves, and root, who can do everything anyway.

use std::path::Path;

use evercred_core::{Advice, Failure};
use rustix::fs::Stat;

const WRITABLE_BY_ALL: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Whether nobody but us and root can change what belongs to `user`.
pub(super) fn is_trusted(user: u32) -> bool {
    user == 0 || user == rustix::process::geteuid().as_raw()
}

/// Whether anybody can put files into this folder.
pub(super) fn is_open_to_all(folder: &Stat) -> bool {
    folder.st_mode & WRITABLE_BY_ALL != 0
}

/// Refuses a folder in which somebody else could replace our files.
pub(super) fn check_folder(folder: &Stat, path: &Path) -> Result<(), Failure> {
    if !is_trusted(folder.st_uid) {
        return Err(refusal(path, "the folder belongs to another user").hint(
            "Choose a path in a folder of the user that runs evercred, or run evercred as its owner.",
        ));
    }
    if is_open_to_all(folder) && folder.st_mode & STICKY == 0 {
        return Err(refusal(path, "every user can replace files in this folder").hint(format!(
            "Take the right away with `chmod o-w {}`, or choose another path.",
            path.display()
        )));
    }
    Ok(())
}

/// Refuses a link that somebody else could point elsewhere.
pub(super) fn check_link(link: &Stat, path: &Path) -> Result<(), Failure> {
    if is_trusted(link.st_uid) {
        return Ok(());
    }
    Err(refusal(path, "the link belongs to another user, who could point it anywhere")
        .hint("Replace the link by one of your own, or configure the path it leads to."))
}

/// Refuses a file that somebody else put where everybody can.
pub(super) fn check_file(file: &Stat, path: &Path) -> Result<(), Failure> {
    if is_trusted(file.st_uid) {
        return Ok(());
    }
    Err(refusal(path, "the file belongs to another user and lies in a folder open to all")
        .hint("Remove the file, or choose a path in a folder of your own."))
}

fn refusal(path: &Path, why: &str) -> Failure {
    Failure::new("write safely", path.display().to_string(), Advice::NeedsAttention).message(why)
}
