//! What is known of a login's published outputs, kept across restarts and shared between processes.
//!
//! A record lies in the runtime folder, one file a login, and holds no secret: a digest of what was written stands
//! for it. With its help a restart adopts outputs that are still fresh instead of asking the cloud again, and of
//! several processes that want to refresh the same login only the first does.

use std::path::PathBuf;

use evercred_core::{Credential, Failure};
use serde::{Deserialize, Serialize};

use crate::digest;
use crate::files::{self, Publisher, Target};
use crate::login::{Login, LoginId};
use crate::outputs::Output;

use super::state::Held;

/// The folder of records.
#[derive(Debug, Clone)]
pub struct Records {
    pub(super) folder: PathBuf,
    pub(super) publisher: Publisher,
}

/// How a login's outputs stand.
#[derive(Debug, PartialEq, Eq)]
pub enum Standing {
    /// Each is as it was published.
    InPlace(Held),
    /// These are gone, or not as they were published.
    Disturbed(Vec<PathBuf>),
    /// Each is there, but nothing is known of its publishing.
    Unknown,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    fingerprint: String,
    held: Held,
    outputs: Vec<Published>,
}

/// What was written to one output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Published {
    pub(super) path: PathBuf,
    digest: String,
}

/// What the record says is published.
#[derive(Debug, Default)]
pub(super) struct Present {
    pub(super) held: Option<Held>,
    pub(super) outputs: Vec<Published>,
}

impl Records {
    /// Records in `folder`, the runtime folder.
    pub fn new(folder: PathBuf, publisher: Publisher) -> Self {
        Self { folder, publisher }
    }

    /// The lock that an attempt for `id` takes, in this and every other process.
    pub fn lock_path(&self, id: &LoginId) -> PathBuf {
        self.folder.join(format!("{id}.lock"))
    }

    /// The lock of the process that runs hooks of `id`.
    pub fn hooks_lock_path(&self, id: &LoginId) -> PathBuf {
        self.folder.join(format!("{id}.hooks.lock"))
    }

    /// Where it stands what the hooks of `id` were told of.
    pub fn hooks_path(&self, id: &LoginId) -> PathBuf {
        self.folder.join(format!("{id}.hooks.json"))
    }

    /// What was published for `login`, whatever has become of the files since.
    pub(super) fn present(&self, login: &Login) -> Option<Present> {
        let record = self.load(&login.id).filter(|record| record.fingerprint == login.fingerprint)?;
        Some(Present { held: Some(record.held), outputs: record.outputs })
    }

    /// What is published for `login`, if the record fits its config and every output is still in its place.
    pub fn read(&self, login: &Login) -> Option<Held> {
        match self.standing(login) {
            Standing::InPlace(held) => Some(held),
            Standing::Disturbed(_) | Standing::Unknown => None,
        }
    }

    /// What was published for `login` last, whatever became of its outputs since.
    pub fn last(&self, login: &Login) -> Option<Held> {
        self.load(&login.id)
            .filter(|record| record.fingerprint == login.fingerprint)
            .map(|record| record.held)
    }

    /// Compares `login`'s outputs with its record.
    pub fn standing(&self, login: &Login) -> Standing {
        let record = self.load(&login.id).filter(|record| record.fingerprint == login.fingerprint);
        let is_disturbed = |output: &dyn Output| match (present(output), &record) {
            (Some(present), Some(record)) => !record.outputs.contains(&present),
            (present, _) => present.is_none(),
        };
        let outputs = login.outputs.iter().filter(|output| is_disturbed(output.as_ref()));
        let disturbed: Vec<_> = outputs.map(|output| output.target().path.clone()).collect();
        match record {
            _ if !disturbed.is_empty() => Standing::Disturbed(disturbed),
            Some(record) => Standing::InPlace(record.held),
            None => Standing::Unknown,
        }
    }

    /// Whether `output`'s file was written by somebody else since it was published. Without a record there is nobody
    /// to suspect.
    pub fn is_strange(&self, login: &Login, output: &dyn Output) -> bool {
        let path = &output.target().path;
        let record =
            self.load(&login.id).filter(|record| record.outputs.iter().any(|known| known.path == *path));
        record.is_some_and(|record| present(output).is_some_and(|present| !record.outputs.contains(&present)))
    }

    /// Whether `output`'s file is as it was published.
    pub fn holds(&self, login: &Login, output: &dyn Output) -> bool {
        let record = self.load(&login.id);
        record.is_some_and(|record| present(output).is_some_and(|present| record.outputs.contains(&present)))
    }

    /// The credential that `login`'s outputs hold, as far as they give it back; `held` is what is known of it.
    pub fn recall(&self, login: &Login, held: &Held) -> Option<Credential> {
        let files = login
            .outputs
            .iter()
            .filter_map(|output| Some(output.recall(&files::read_target(output.target()).ok()??)));
        let fields: Vec<_> = files.flatten().filter(|(_, secret)| !secret.is_empty()).collect();
        let fixed = if login.lender().is_none() { login.provider().fixed() } else { Vec::new() };
        let credential = Credential::new(&held.subject, held.issued_at).renewable();
        let credential = match held.expires_at {
            Some(end) => credential.expiring_at(end),
            None => credential,
        };
        let add = |credential: Credential, (field, secret)| credential.with(field, secret);
        (!fields.is_empty()).then(|| fixed.into_iter().chain(fields).fold(credential, add))
    }

    /// Notes that `written`, which are outputs of `login`, hold `held`. Others of its outputs may be older: they
    /// count as disturbed.
    pub fn write<'o>(
        &self,
        login: &Login,
        held: &Held,
        written: impl Iterator<Item = &'o dyn Output>,
    ) -> Result<(), Failure> {
        let outputs = written.filter_map(present).collect();
        let record = Record { fingerprint: login.fingerprint.clone(), held: held.clone(), outputs };
        let text = serde_json::to_vec(&record).unwrap_or_default();
        self.publisher.update_private(&self.path(&login.id), &text)
    }

    /// The logins that there are records of.
    pub(super) fn ids(&self) -> Vec<LoginId> {
        let entries = self.folder.read_dir().into_iter().flatten().filter_map(Result::ok);
        let id = |name: &str| name.strip_suffix(".record.json")?.parse().ok();
        let mut ids: Vec<LoginId> = entries.filter_map(|entry| id(entry.file_name().to_str()?)).collect();
        ids.sort();
        ids
    }

    /// What was published for `id` last: paths and digests.
    pub(super) fn published(&self, id: &LoginId) -> Vec<(PathBuf, String)> {
        let outputs = self.load(id).map(|record| record.outputs).unwrap_or_default();
        outputs.into_iter().map(|published| (published.path, published.digest)).collect()
    }

    pub(super) const fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Forgets what was published for `id`, and the passes that were made from it.
    pub fn forget(&self, id: &LoginId) -> Result<(), Failure> {
        self.forget_passes(id)?;
        self.publisher.remove(&Target::new(self.path(id), 0o600)).map(drop)
    }

    /// Forgets what the hooks of `id` were told.
    pub fn forget_hooks(&self, id: &LoginId) -> Result<(), Failure> {
        self.publisher.remove(&Target::new(self.hooks_path(id), 0o600)).map(drop)
    }

    fn load(&self, id: &LoginId) -> Option<Record> {
        serde_json::from_slice(&files::read(&self.path(id)).ok()??).ok()
    }

    fn path(&self, id: &LoginId) -> PathBuf {
        self.folder.join(format!("{id}.record.json"))
    }
}

/// What stands of `output` in its file now.
fn present(output: &dyn Output) -> Option<Published> {
    let target = output.target();
    let own = output.own_part(&files::read_target(target).ok()??)?;
    Some(Published { path: target.path.clone(), digest: digest::of(own) })
}
