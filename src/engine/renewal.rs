//! Credentials that can be kept alive: where they are held between two attempts.
//!
//! A program that reads a Vault token once holds it for as long as it runs, so the same token has to be renewed. An
//! attempt needs it for that: from the memory of this process, or, after a restart, out of the outputs. Whether it
//! is the one that was published is decided by the record, which every process reads under the login's lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use evercred_core::Credential;

use crate::login::{Login, LoginId};

use super::attempt::{Attempts, Failed, limited};
use super::attempt_error::Stage;
use super::obtain::{needs_token, whole};
use super::state::Held;

/// What came of the wish to keep a credential alive.
#[derive(Debug)]
enum Renewal {
    /// There is none that could be.
    Impossible,
    /// It is dead, or only a new one can follow it.
    Over,
    /// It lives on.
    Kept(Credential),
}

impl Attempts {
    /// A credential, and what is in use and must be no better than it to be replaced by it.
    pub(super) async fn renew_or_obtain(
        self: &Arc<Self>,
        login: &Arc<Login>,
        known: Option<&Held>,
    ) -> Result<(Credential, Option<Held>), Failed> {
        match self.renew(login, known).await? {
            Renewal::Kept(credential) => Ok((credential, None)),
            Renewal::Over => Ok((self.obtain(login).await?, None)),
            Renewal::Impossible => Ok((self.obtain(login).await?, known.cloned())),
        }
    }

    async fn renew(self: &Arc<Self>, login: &Arc<Login>, known: Option<&Held>) -> Result<Renewal, Failed> {
        let now = self.clock.now();
        let recall = |held: &Held| {
            let held = held.clone();
            self.in_background(login, move |this, login| this.records.recall(&login, &held))
        };
        let Some(held) = self.kept.find(login, known, now, recall).await.filter(|_| !needs_token(login))
        else {
            return Ok(Renewal::Impossible);
        };
        let work = async { login.provider.renew(&held).await.map_err(|failure| (Stage::Renew, failure)) };
        let Some(credential) = limited(login, Stage::Renew, work).await? else { return Ok(Renewal::Over) };
        whole(&credential, login.provider.provides(), now).map_err(|failure| (Stage::Renew, failure))?;
        Ok(Renewal::Kept(credential))
    }
}

/// The last renewable credential of each login; wiped when replaced or dropped.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<HashMap<LoginId, Entry>>);

#[derive(Debug)]
struct Entry {
    fingerprint: String,
    held: Held,
    credential: Credential,
}

impl Kept {
    /// Holds `credential`, or forgets the one before it if this one cannot be renewed.
    pub(super) fn keep(&self, login: &Login, held: &Held, credential: &Credential) {
        if credential.is_renewable() {
            let (fingerprint, held, credential) =
                (login.fingerprint.clone(), held.clone(), credential.clone());
            self.lock().insert(login.id.clone(), Entry { fingerprint, held, credential });
        } else {
            self.lock().remove(&login.id);
        }
    }

    /// The credential to keep alive, given what is `known` of the outputs, and how to `recall` it from them.
    ///
    /// If the outputs are not as they were left, somebody removed or changed them, but the credential still is the
    /// one that programs hold.
    async fn find<Recalled>(
        &self,
        login: &Login,
        known: Option<&Held>,
        now: SystemTime,
        recall: impl FnOnce(&Held) -> Recalled,
    ) -> Option<Credential>
    where
        Recalled: Future<Output = Option<Option<Credential>>>,
    {
        let remembered = self.remembered(login, known, now);
        match known.filter(|held| held.renewable && !held.has_ended(now)) {
            Some(held) if remembered.is_none() => recall(held).await.flatten(),
            _ => remembered,
        }
    }

    /// The credential as this process knows it, unless another one was published since.
    pub(super) fn remembered(
        &self,
        login: &Login,
        known: Option<&Held>,
        now: SystemTime,
    ) -> Option<Credential> {
        let entries = self.lock();
        let entry = entries.get(&login.id).filter(|entry| entry.fingerprint == login.fingerprint)?;
        let is_it = known.is_none_or(|held| *held == entry.held) && !entry.held.has_ended(now);
        is_it.then(|| entry.credential.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LoginId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
