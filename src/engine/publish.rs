//! Where outputs, which are pure, meet the one writer of files.

use evercred_core::{Credential, Failure};

use crate::files::{self, Published, Publisher, Target};
use crate::outputs::Output;

/// Writes `credential` as `output` has it, if that changes anything.
pub(super) fn publish(
    publisher: &Publisher,
    output: &dyn Output,
    credential: &Credential,
) -> Result<Published, Failure> {
    let done = publisher.publish(output.target(), &mut |current| {
        let rendered = output.render(credential, current)?;
        set_aside(publisher, output, current)?;
        Ok(rendered)
    })?;
    let path = output.target().path.display();
    match done {
        Published::Unchanged => tracing::debug!(%path, "The output was as it should be."),
        Published::Written => tracing::debug!(%path, "The output was replaced."),
        Published::WrittenInPlace => {
            tracing::info!(%path, "The output cannot be replaced (a bind mount?), so it was written in place.");
        }
    }
    Ok(done)
}

/// Takes `output` out of its file, and the file away if nothing else is in it. What it took the place of comes back.
pub(super) fn withdraw(publisher: &Publisher, output: &dyn Output) -> Result<(), Failure> {
    let target = output.target();
    if let Some(keepsake) = output.keepsake() {
        return give_back(publisher, output, keepsake);
    }
    match files::read_target(target)?.map(|current| output.retract(&current)) {
        None => Ok(()),
        Some(None) => publisher.remove(target).map(drop),
        Some(Some(_)) => {
            let mut rest = |current: Option<&[u8]>| {
                Ok(current.and_then(|current| output.retract(current)).unwrap_or_default())
            };
            publisher.publish(target, &mut rest).map(drop)
        }
    }
}

/// Keeps what stands in the file, if it is somebody else's. It is on the disk before anything takes its place.
fn set_aside(publisher: &Publisher, output: &dyn Output, current: Option<&[u8]>) -> Result<(), Failure> {
    match (output.keepsake(), current) {
        (Some(keepsake), Some(theirs)) if output.own_part(theirs).is_none() => {
            publisher.publish(keepsake, &mut |_| Ok(theirs.to_vec())).map(drop)
        }
        _ => Ok(()),
    }
}

/// Undoes [`set_aside`]. A file that somebody else wrote since is theirs, and what was kept is out of date.
fn give_back(publisher: &Publisher, output: &dyn Output, keepsake: &Target) -> Result<(), Failure> {
    let target = output.target();
    let is_ours = |content: &[u8]| output.own_part(content).is_some();
    match (files::read_target(target)?, files::read_target(keepsake)?) {
        (Some(content), _) if !is_ours(&content) => {}
        (_, Some(theirs)) => drop(publisher.publish(target, &mut |current| {
            Ok(current.filter(|content| !is_ours(content)).unwrap_or(&theirs).to_vec())
        })?),
        (Some(_), None) => drop(publisher.remove(target)?),
        (None, None) => {}
    }
    publisher.remove(keepsake).map(drop)
}
