//! Credentials that can be kept alive: where they are held between two attempts.
//!
//! A program that reads a Vault token once holds it for as long as it runs, so the same token has to be renewed. An
//! attempt needs it for that: from the memory of this process, or, after a restart, out of the outputs. Whether it
//! is the one that was published is decided by the record, which every process reads under the login's lock.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use evercred_core::Credential;

use crate::login::{Login, LoginId, Origin};

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
    Kept(Box<Got>),
}

/// A credential that an attempt has got, and what it follows.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) credential: Credential,
    /// What is in use, and must be no better than it to be replaced by it.
    pub(super) in_use: Option<Held>,
    /// What was known of the same credential before its renewal.
    pub(super) before: Option<Held>,
    /// The credential before it, if it may still be good.
    pub(super) predecessor: Option<Held>,
    /// When the credential that a secret was read with was first received.
    pub(super) lender_obtained_at: Option<SystemTime>,
}

impl Got {
    /// One that follows nothing.
    pub(super) fn new(credential: Credential) -> Self {
        Self { credential, in_use: None, before: None, predecessor: None, lender_obtained_at: None }
    }

    /// A secret that was read with what `lender` speaks of.
    pub(super) fn with(self, lender: &Held) -> Self {
        Self { lender_obtained_at: Some(lender.obtained_at), ..self }
    }

    /// Until when the credential before it is good.
    pub(super) fn predecessor_ends_at(&self) -> Option<SystemTime> {
        match &self.before {
            Some(before) => before.predecessor_ends_at,
            None => self.predecessor.as_ref()?.expires_at,
        }
    }
}

impl Attempts {
    /// A credential that is alive: the one in use, or one that takes its place.
    pub(super) async fn renew_or_obtain(
        self: &Arc<Self>,
        login: &Arc<Login>,
        known: Option<&Held>,
        adopt_after: SystemTime,
    ) -> Result<Got, Failed> {
        if let Origin::Secret { login: lender, reader } = &login.origin {
            return self.keep_or_read(login, (lender, reader.as_ref()), known, adopt_after).await;
        }
        match self.renew(login, known).await? {
            Renewal::Kept(got) => Ok(*got),
            Renewal::Over => Ok(Got::new(self.obtain(login).await?)),
            Renewal::Impossible => {
                // What is to be at hand is of no use, however good it is, if it is not.
                let has = |held: &&Held| self.kept.remembered(login, Some(held), self.clock.now()).is_some();
                let in_use = known.filter(|held| !self.kept.wants(login) || has(held)).cloned();
                let credential = self.obtain(login).await?;
                Ok(Got { in_use, predecessor: known.cloned(), ..Got::new(credential) })
            }
        }
    }

    async fn renew(self: &Arc<Self>, login: &Arc<Login>, known: Option<&Held>) -> Result<Renewal, Failed> {
        let now = self.clock.now();
        let in_use =
            self.in_use(login, known).await.filter(|(held, _)| held.renewable && !needs_token(login));
        let Some((before, held)) = in_use else { return Ok(Renewal::Impossible) };
        let provider = login.provider();
        let work = async { provider.renew(&held).await.map_err(|failure| (Stage::Renew, failure)) };
        let work = self.tell_renewal(login, limited(login, Stage::Renew, work));
        let Some(credential) = work.await? else { return Ok(Renewal::Over) };
        whole(&credential, provider.provides(), now).map_err(|failure| (Stage::Renew, failure))?;
        Ok(Renewal::Kept(Box::new(Got { before: Some(before), ..Got::new(credential) })))
    }

    /// The credential in use, given what is `known` of the outputs: from memory, or else as the outputs give it back.
    ///
    /// If the outputs are not as they were left, somebody removed or changed them, but the credential still is the
    /// one that programs hold.
    pub(super) async fn in_use(
        self: &Arc<Self>,
        login: &Arc<Login>,
        known: Option<&Held>,
    ) -> Option<(Held, Credential)> {
        let now = self.clock.now();
        if let Some(remembered) = self.kept.remembered(login, known, now) {
            return Some(remembered);
        }
        let held = known.filter(|held| !held.has_ended(now))?.clone();
        let recall = move |this: Arc<Self>, login: Arc<Login>| {
            Some((held.clone(), this.records.recall(&login, &held)?))
        };
        self.in_background(login, recall).await.flatten()
    }
}

/// The last credential of each login that may be needed again; wiped when replaced or dropped.
#[derive(Debug)]
pub(super) struct Kept {
    wanted: fn(&Login) -> bool,
    entries: Mutex<HashMap<LoginId, Entry>>,
}

#[derive(Debug)]
struct Entry {
    fingerprint: String,
    held: Held,
    credential: Arc<Credential>,
}

impl Kept {
    /// Credentials that can be kept alive are held, and those of `wanted` logins, which are to be at hand at any time.
    pub(super) fn new(wanted: fn(&Login) -> bool) -> Self {
        Self { wanted, entries: Mutex::default() }
    }

    /// Whether the credential of `login` is to be at hand at any time.
    pub(super) fn wants(&self, login: &Login) -> bool {
        (self.wanted)(login)
    }

    /// Holds `credential`, or forgets the one before it if nobody will need this one again.
    pub(super) fn keep(&self, login: &Login, held: &Held, credential: &Credential) {
        if credential.is_renewable() || self.wants(login) {
            let (fingerprint, held, credential) =
                (login.fingerprint.clone(), held.clone(), Arc::new(credential.clone()));
            self.lock().insert(login.id.clone(), Entry { fingerprint, held, credential });
        } else {
            self.lock().remove(&login.id);
        }
    }

    /// What is held for `login`, if it is what is `known` of the outputs and has not ended.
    pub(super) fn remembered(
        &self,
        login: &Login,
        known: Option<&Held>,
        now: SystemTime,
    ) -> Option<(Held, Credential)> {
        let entries = self.lock();
        let entry = entries.get(&login.id).filter(|entry| entry.fingerprint == login.fingerprint)?;
        let is_it = known.is_none_or(|held| *held == entry.held) && !entry.held.has_ended(now);
        is_it.then(|| (entry.held.clone(), Credential::clone(&entry.credential)))
    }

    /// What is held for `login`, if it has not ended, whatever has become of the outputs.
    pub(super) fn present(&self, login: &Login, now: SystemTime) -> Option<Arc<Credential>> {
        let entries = self.lock();
        let entry = entries.get(&login.id).filter(|entry| entry.fingerprint == login.fingerprint)?;
        (!entry.held.has_ended(now)).then(|| Arc::clone(&entry.credential))
    }

    /// When what is held for `login` was received, if it is `credential`.
    pub(super) fn received_at(&self, login: &Login, credential: &Arc<Credential>) -> Option<SystemTime> {
        let entries = self.lock();
        let entry = entries.get(&login.id).filter(|entry| Arc::ptr_eq(&entry.credential, credential))?;
        Some(entry.held.issued_at)
    }

    /// Whether what is held for `login` was issued after `issued_at`.
    pub(super) fn has_newer(&self, login: &Login, issued_at: SystemTime) -> bool {
        self.lock().get(&login.id).is_some_and(|entry| entry.held.issued_at > issued_at)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LoginId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
