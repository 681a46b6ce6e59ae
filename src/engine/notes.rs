//! What the user should know although all went well.

use std::path::Path;
use std::time::Duration;

use evercred_core::HumanDuration;

use crate::files::{self, Target};
use crate::login::Login;
use crate::outputs::demand::Misfit;

use super::state::Held;

/// Sentences of the provider, what other files would keep programs from reading the outputs, and a life that is too
/// short for its readers.
pub(super) fn notes(login: &Login, held: &Held) -> Vec<String> {
    let shadows = login.outputs.iter().flat_map(|output| {
        // The other files are the owner's to lay out, so they are read with the owner's rights, too.
        let beside = |path: &Path| Target::new(path, 0o600).owned_by(output.target().owner);
        output.shadows(&|path| files::read_target(&beside(path)).ok().flatten())
    });
    let short = too_short(login, held).into_iter().chain(ends_in_hands(login, held));
    login.notes().into_iter().chain(shadows).chain(short).collect()
}

/// A life that does not last until its readers read again.
fn too_short(login: &Login, held: &Held) -> Vec<String> {
    let misfits = life(held).map(|life| login.demand().misfits(life)).unwrap_or_default();
    misfits.iter().map(Misfit::note).collect()
}

/// An end that cannot be put off, for programs that read once and count on that.
fn ends_in_hands(login: &Login, held: &Held) -> Option<String> {
    let life = life(held).filter(|_| !held.renewable)?;
    let delivery = login.served.iter().map(|served| served.delivery).find(|delivery| delivery.lives_on)?;
    let readers: Vec<_> = delivery.consumers.iter().map(|consumer| consumer.name).collect();
    let (life, readers) = (HumanDuration::from(life), readers.join(", "));
    Some(format!(
        "The token lives {life} and cannot be renewed, but {readers} read it once, when they start: what runs for longer \
         fails. Let the role give service tokens without `token_num_uses`, best with a `token_period`."
    ))
}

/// In whole seconds, as it was granted: the instant of the answer is a little later.
fn life(held: &Held) -> Option<Duration> {
    let life = held.expires_at?.duration_since(held.issued_at).ok()?;
    Some(Duration::from_secs(life.as_secs() + u64::from(life.subsec_nanos() > 0)))
}
