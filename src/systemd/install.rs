//! Putting a unit in its place, and taking it away again. What somebody else wrote there, or changed, stays.

use evercred_core::{Advice, Failure};

use super::units::{Origin, UnitFile, origin};
use crate::files::{Published, Publisher, Target, read};

/// Units are for everybody to read.
const MODE: u32 = 0o644;

/// Writes `file` if it is not there as it is; says whether it had to. With `force`, whatever is there.
pub fn write(file: &UnitFile, publisher: &Publisher, force: bool) -> Result<bool, Failure> {
    let target = Target::new(&file.path, MODE);
    let outcome = publisher.publish(&target, &mut |current| {
        if let Some(current) = current.filter(|_| !force) {
            keep(file, origin(&String::from_utf8_lossy(current)), "replace")?;
        }
        Ok(file.text.clone().into_bytes())
    })?;
    Ok(outcome != Published::Unchanged)
}

/// Whether there is something to remove in the place of `file`; an error if that is not ours. With `force`, whatever
/// it is.
pub fn is_removable(file: &UnitFile, force: bool) -> Result<bool, Failure> {
    let found = read(&file.path)
        .map_err(|error| Failure::new("read", shown(file), Advice::RETRY).caused_by(error))?;
    let Some(found) = found else { return Ok(false) };
    if !force {
        keep(file, origin(&String::from_utf8_lossy(&found)), "remove")?;
    }
    Ok(true)
}

/// Removes what is in the place of `file`.
pub fn remove(file: &UnitFile, publisher: &Publisher) -> Result<(), Failure> {
    publisher.remove(&Target::new(&file.path, MODE)).map(drop)
}

/// Fails if what is there must be kept.
fn keep(file: &UnitFile, origin: Origin, operation: &'static str) -> Result<(), Failure> {
    let why = match origin {
        Origin::Ours => return Ok(()),
        Origin::Changed => "somebody changed it since evercred wrote it",
        Origin::Foreign => "evercred did not write it",
    };
    Err(Failure::new(operation, shown(file), Advice::NeedsAttention)
        .message(why)
        .hint("Move the changes into a drop-in (`systemctl edit`), which stays untouched, and add --force."))
}

fn shown(file: &UnitFile) -> String {
    file.path.display().to_string()
}
