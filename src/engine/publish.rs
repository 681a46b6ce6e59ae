//! Where outputs, which are pure, meet the one writer of files.

use evercred_core::{Credential, Failure};

use crate::files::{self, Published, Publisher};
use crate::outputs::Output;

/// Writes `credential` as `output` has it, if that changes anything.
pub(super) fn publish(
    publisher: &Publisher,
    output: &dyn Output,
    credential: &Credential,
) -> Result<(), Failure> {
    let done = publisher.publish(output.target(), &mut |current| output.render(credential, current))?;
    let path = output.target().path.display();
    match done {
        Published::Unchanged => tracing::debug!(%path, "The output was as it should be."),
        Published::Written => tracing::debug!(%path, "The output was replaced."),
        Published::WrittenInPlace => {
            tracing::info!(%path, "The output cannot be replaced (a bind mount?), so it was written in place.");
        }
    }
    Ok(())
}

/// Takes `output` out of its file, and the file away if nothing else is in it.
pub(super) fn withdraw(publisher: &Publisher, output: &dyn Output) -> Result<(), Failure> {
    let target = output.target();
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
