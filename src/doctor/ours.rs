//! Whether a credential is one of ours: whether the place it comes from is one that an output keeps.
//!
//! A line is ours if the output says so of it, not because of what it holds; a line of the user's that names evercred as
//! its program is ours, too. What an address is listened on by is told by the outputs.

use std::path::Path;
use std::sync::Arc;

use url::{Host, Url};

use super::observation::{Observation, Seen};
use super::prediction::{Place, Source};
use crate::credential_process::PROGRAM;
use crate::engine::record::Records;
use crate::login::{Login, LoginId};
use crate::outputs::{HelperToken, Output, TOKEN_HELPER_EXTENSION};
use crate::serve::Listen;
use crate::vault_token_helper::PROGRAM as HELPER;

/// What is known of what we keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ours<'l> {
    pub(crate) logins: &'l [Arc<Login>],
    pub(crate) records: &'l Records,
    /// The folder in which all files are ours.
    pub(crate) state_folder: &'l Path,
}

impl Ours<'_> {
    /// The login whose credential `source` gives. A role that is taken with one of our credentials stands on it.
    pub(crate) fn login_of(&self, source: &Source, observation: &Observation<'_>) -> Option<LoginId> {
        let mut way = std::iter::successors(Some(source), |source| source.from.as_deref());
        way.find_map(|source| {
            let keeper = self.logins.iter().find(|login| {
                login
                    .outputs
                    .iter()
                    .any(|output| self.keeps(login, output.as_ref(), &source.place, observation))
            });
            let named = || named(&source.place, observation).filter(|id| self.knows(id));
            keeper.map(|login| login.id.clone()).or_else(named)
        })
    }

    /// Whether an output of ours keeps `place`.
    pub(crate) fn is_kept(&self, place: &Place, observation: &Observation<'_>) -> bool {
        let mut outputs =
            self.logins.iter().flat_map(|login| login.outputs.iter().map(move |output| (login, output)));
        outputs.any(|(login, output)| self.keeps(login, output.as_ref(), place, observation))
    }

    /// Whether there is a login of that name.
    pub(crate) fn knows(&self, id: &LoginId) -> bool {
        self.logins.iter().any(|login| login.id == *id)
    }

    /// Whether `output` keeps `place`.
    fn keeps(
        &self,
        login: &Login,
        output: &dyn Output,
        place: &Place,
        observation: &Observation<'_>,
    ) -> bool {
        match place {
            Place::Address { url } => return listens_at(output, url),
            Place::Program { path } => return helps(output, path, observation),
            _ => {}
        }
        let (Place::Line { file, .. } | Place::Entry { file, .. } | Place::File { file }) = place else {
            return false;
        };
        if !is_same(file, &output.target().path) {
            return false;
        }
        let seen = observation.read(file);
        let Seen::File(content) = &*seen else { return false };
        let Some(own) = output.own_part(content) else { return false };
        match place {
            Place::Line { line, .. } => {
                text_of(content, *line).is_some_and(|text| lines(&own).any(|own| own == text))
            }
            Place::Entry { entry, .. } => {
                own.windows(entry.len().max(1)).any(|part| part == entry.as_bytes())
            }
            _ => self.is_ours_whole(login, output),
        }
    }

    /// Whether a file in the place of an output's is the output's. Some outputs know their own files by what is in them; of
    /// others only the record can tell.
    fn is_ours_whole(&self, login: &Login, output: &dyn Output) -> bool {
        let knows_its_own = output.own_part(b"somebody else's").is_none();
        let is_in_our_folder = output.target().path.starts_with(self.state_folder);
        knows_its_own || is_in_our_folder || self.records.holds(login, output)
    }
}

/// Whether `output` is an endpoint that is asked at this URL, or host and port.
pub(crate) fn listens_at(output: &dyn Output, url: &str) -> bool {
    let Some(endpoint) = output.endpoint() else { return false };
    let Listen::Loopback(address) = endpoint.listen() else { return false };
    let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let Ok(url) = Url::parse(&whole) else { return false };
    let is_host = match url.host() {
        Some(Host::Ipv4(host)) => address.ip() == host,
        Some(Host::Ipv6(host)) => address.ip() == host,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    is_host && url.port_or_known_default() == Some(address.port())
}

/// Whether `program` is our token helper, and `output` what it would take for the server that is asked.
fn helps(output: &dyn Output, program: &Path, observation: &Observation<'_>) -> bool {
    let path = &output.target().path;
    let is_for_it = path.to_string_lossy().ends_with(TOKEN_HELPER_EXTENSION);
    if !is_for_it || program.file_name().is_none_or(|name| name != HELPER) {
        return false;
    }
    let Seen::File(content) = &*observation.read(path) else { return false };
    let asked = ["BAO_ADDR", "VAULT_ADDR"].into_iter().find_map(|name| observation.variable(name));
    let plain = |address: &str| address.trim_end_matches('/').to_owned();
    serde_json::from_slice::<HelperToken>(content)
        .is_ok_and(|token| asked.is_some_and(|asked| plain(asked) == plain(&token.address)))
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
