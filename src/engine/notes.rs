//! What the user should know although all went well.

use std::path::Path;
use std::time::Duration;

use evercred_core::HumanDuration;

use crate::files::{self, Target};
use crate::login::Login;

use super::state::Held;

/// How much longer than its readers hold on to it a credential should live: for an outage, or a slow token source.
const RESERVE: Duration = Duration::from_mins(2);

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

/// A life so short that readers ask for a newer credential although it has just been replaced.
fn too_short(login: &Login, held: &Held) -> Option<String> {
    let life = held.expires_at?.duration_since(held.issued_at).ok()?;
    let asking = login.outputs.iter().map(|output| output.readers_ask_before_end()).max().unwrap_or_default();
    (life / 2 < asking).then(|| {
        let [life, asking, enough] = [life, asking, asking * 2].map(HumanDuration::from);
        format!(
            "The credential lives {life}, but some programs ask for a new one {asking} before its end, so they ask \
             before every request. It works, at a price; a `duration` of {enough} or more avoids it."
        )
    })
}

/// A life so short that it ends while readers still use what they have read.
fn ends_in_hands(login: &Login, held: &Held) -> Option<String> {
    let life = held.expires_at?.duration_since(held.issued_at).ok()?;
    let longest = login.outputs.iter().map(|output| output.readers_hold()).max()?;
    (!longest.is_zero() && life < longest + RESERVE).then(|| {
        let [life, longest, enough] = [life, longest, longest * 3 / 2].map(HumanDuration::from);
        format!(
            "What is in the file lives {life}, but some programs use what they have read for up to {longest}, so they \
             may present an ID token that has expired. Let the token source ask for tokens that live {enough} or longer."
        )
    })
}
