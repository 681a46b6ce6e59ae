//! Whether a credential is one of ours: whether the place it comes from is one that an output keeps.
//!
//! A line is ours if the output says so of it, not because of what it holds; a line of the user's that names evercred as
//! its program is ours, too. What an address is listened on by is told by the outputs.

use std::path::Path;
use std::sync::Arc;

use super::observation::{Observation, Seen};
use super::prediction::{Place, Source};
use crate::credential_process::PROGRAM;
use crate::login::{Login, LoginId};
use crate::outputs::Output;

/// The login whose credential `source` gives.
pub(crate) fn login_of(
    source: &Source,
    logins: &[Arc<Login>],
    observation: &Observation<'_>,
) -> Option<LoginId> {
    let mut way = std::iter::successors(Some(source), |source| source.from.as_deref());
    // A role that is taken with one of our credentials is not the login's role, but it stands on it.
    way.find_map(|source| {
        let mut outputs =
            logins.iter().flat_map(|login| login.outputs.iter().map(move |output| (login, output)));
        outputs
            .find(|(_, output)| keeps(output.as_ref(), &source.place, observation))
            .map(|(login, _)| login.id.clone())
            .or_else(|| {
                named(&source.place, observation).filter(|id| logins.iter().any(|login| login.id == *id))
            })
    })
}

/// Whether `output` keeps `place`.
fn keeps(output: &dyn Output, place: &Place, observation: &Observation<'_>) -> bool {
    let path = &output.target().path;
    match place {
        Place::Line { file, line, .. } if is_same(file, path) => {
            let Seen::File(content) = &*observation.read(file) else { return false };
            let own = output.own_part(content).unwrap_or_default();
            text_of(content, *line).is_some_and(|text| lines(&own).any(|own| own == text))
        }
        Place::File { file } if is_same(file, path) => {
            matches!(&*observation.read(file), Seen::File(content) if output.own_part(content).is_some())
        }
        Place::Entry { file, entry } if is_same(file, path) => {
            let Seen::File(content) = &*observation.read(file) else { return false };
            let own = output.own_part(content).unwrap_or_default();
            own.windows(entry.len().max(1)).any(|part| part == entry.as_bytes())
        }
        _ => false,
    }
}

/// The login that a line names in a command of evercred's, whether or not there still is one of that name.
pub(crate) fn named(place: &Place, observation: &Observation<'_>) -> Option<LoginId> {
    let Place::Line { file, line, key } = place else { return None };
    if key != "credential_process" {
        return None;
    }
    let Seen::File(content) = &*observation.read(file) else { return None };
    let text = str::from_utf8(text_of(content, *line)?).ok()?;
    let command = text.split_once(['=', ':']).map(|(_, command)| command.trim())?;
    let quick = command.contains(PROGRAM);
    let slow =
        command.contains("evercred\" credential-process") || command.contains("evercred credential-process");
    if quick || slow { command.rsplit(' ').next()?.parse().ok() } else { None }
}

fn text_of(content: &[u8], line: usize) -> Option<&[u8]> {
    lines(content).nth(line.checked_sub(1)?)
}

fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end)
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || std::path::absolute(one).is_ok_and(|one| one == *other)
}
