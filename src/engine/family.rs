//! A login and its secrets: what one of them learns concerns the others.
//!
//! A secret waits for its login rather than fail with it, and is told when that is fresh again. When the login's
//! credential has been replaced, what hangs on the old one follows before that ends. And a secret may be the first to
//! learn that the credential is dead: its attempt makes the login anew, and the login takes that over.

use evercred_core::Advice;

use crate::login::Login;
use crate::time::{Deadline, Now};

use super::Engine;
use super::attempt_error::{AttemptError, Stage};
use super::entry::Entry;
use super::schedule::{Step, replace_orphan_at, step_until};
use super::state::LoginState;

/// Whether an attempt for a login can ask anybody.
#[derive(Debug)]
pub(super) enum Access {
    /// It can.
    Open,
    /// It is a secret, and its login has no credential yet, or none any more as the secret knows already.
    Awaited,
    /// It is a secret, and its login has failed: all that an attempt can do is take over what was published.
    Lacking(AttemptError),
}

impl Engine {
    /// Whether the login's next attempt can ask anybody.
    pub(super) fn access(&self, index: usize, now: Now) -> Access {
        let Some(lender) = self.lenders[index].map(|lender| &self.entries[lender]) else {
            return Access::Open;
        };
        let is_good = lender.state.held.as_ref().is_some_and(|held| !held.has_ended(now.wall));
        match &lender.state.error {
            // What one of its secrets found to be dead is good by the clock alone.
            Some(_) if lacks_login(&self.entries[index]) => Access::Awaited,
            _ if is_good => Access::Open,
            Some(error) => Access::Lacking(error.clone()),
            None => Access::Awaited,
        }
    }

    /// What is to be done with a secret that waits for its login: it may end meanwhile.
    pub(super) fn step_without_login(&self, index: usize, now: Now) -> Step {
        let entry = &self.entries[index];
        step_until(&entry.state, Deadline::after(LOOK, now), &entry.login.policy, now)
    }

    /// Of each login, how many attempts for its secrets are under way.
    pub(super) fn reads_under_way(&self) -> Vec<usize> {
        let mut counts = vec![0; self.entries.len()];
        for (entry, lender) in self.entries.iter().zip(&self.lenders) {
            if let Some(lender) = lender.filter(|_| entry.is_attempting()) {
                counts[lender] += 1;
            }
        }
        counts
    }

    /// Whether the server that the secret is read from is known to be out of reach.
    pub(super) fn is_unreachable(&self, index: usize) -> bool {
        self.lenders[index].is_some_and(|lender| self.entries[lender].is_unreachable)
    }

    /// An attempt for the login has ended: lets those know whom it concerns.
    pub(super) fn tell_family(&mut self, index: usize, now: Now) {
        match self.lenders[index] {
            Some(lender) => self.tell_lender(lender, index, now),
            None if self.entries[index].login.has_secrets => self.tell_secrets(index, now),
            None => {}
        }
    }

    /// The secret's attempt may have made the login anew, or failed to.
    fn tell_lender(&mut self, lender: usize, secret: usize, now: Now) {
        let error = self.entries[secret].state.error.as_ref();
        self.entries[lender].is_unreachable = error.is_some_and(|error| error.advice == Advice::Unreachable);
        let lacks = lacks_login(&self.entries[secret]);
        let entry = &self.entries[lender];
        let (error, next) = (entry.state.error.clone(), entry.state.next);
        match error {
            Some(error) if lacks => self.entries[secret].lacks_login(error, next),
            // The end of an attempt that is under way says more than its beginning.
            None if entry.is_attempting() => {}
            None if lacks || self.is_outdated(lender) => {
                self.entries[lender].wake(now, "One of its secrets found its credential to be dead.");
            }
            _ => self.follow(lender, secret, now),
        }
    }

    /// Whether an attempt for one of its secrets has got a credential that the login does not know of.
    fn is_outdated(&self, lender: usize) -> bool {
        let Entry { login, state, .. } = &self.entries[lender];
        state.held.as_ref().is_some_and(|held| self.work.has_newer(login, held.issued_at))
    }

    fn tell_secrets(&mut self, lender: usize, now: Now) {
        let is_outdated = self.is_outdated(lender);
        let entry = &mut self.entries[lender];
        entry.is_unreachable &= entry.state.error.is_some();
        if is_outdated && entry.state.error.is_none() {
            entry.make_due(now);
        }
        let secrets = (0..self.entries.len()).filter(|index| self.lenders[*index] == Some(lender));
        for secret in secrets.collect::<Vec<_>>() {
            let LoginState { error, next, .. } = &self.entries[lender].state;
            let (error, next) = (error.clone(), *next);
            match error {
                _ if !lacks_login(&self.entries[secret]) => self.follow(lender, secret, now),
                Some(error) => self.entries[secret].lacks_login(error, next),
                None => self.entries[secret].make_due(now),
            }
        }
    }

    /// Plans that a secret that hangs on a credential that was replaced is read anew.
    fn follow(&mut self, lender: usize, secret: usize, now: Now) {
        let Some(held) = &self.entries[lender].state.held else { return };
        let state = &self.entries[secret].state;
        if state.error.is_none() && state.held.as_ref().is_some_and(|secret| secret.is_orphan_of(held)) {
            let at = replace_orphan_at(now.wall, held.predecessor_ends_at, (self.jitter)());
            let state = &mut self.entries[secret].state;
            state.next = state.next.earlier(Deadline::at(at, now));
        }
    }
}

/// So many secrets of one login are read side by side; the budget alone would let them pile up at a server, or on a
/// machine, that is slow.
pub(super) const AT_ONCE: usize = 20;

/// A secret that waits is told of everything that matters; this is only how long a timer is set for.
const LOOK: std::time::Duration = std::time::Duration::from_hours(1);

/// Of each login, which one it is read with, by their places.
pub(super) fn lenders(entries: &[Entry]) -> Vec<Option<usize>> {
    let place = |lender: &Login| entries.iter().position(|entry| entry.login.id == lender.id);
    entries.iter().map(|entry| entry.login.lender().and_then(|lender| place(lender))).collect()
}

fn lacks_login(entry: &Entry) -> bool {
    entry.state.error.as_ref().is_some_and(|error| error.stage == Stage::Login)
}
