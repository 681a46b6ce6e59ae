//! What was published before, and whether an attempt may take it over instead of asking anybody.

use std::sync::Arc;
use std::time::SystemTime;

use crate::login::Login;

use super::attempt::Attempts;
use super::record::Records;
use super::state::Held;

/// What is known of a login's outputs.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What they hold.
    pub(super) held: Option<Held>,
    /// Whether that serves all that it is needed for.
    serves: bool,
}

impl Attempts {
    /// Looks at the record of `login` and at what it speaks of.
    pub(super) async fn look(self: &Arc<Self>, login: &Arc<Login>) -> Known {
        let look = |this: Arc<Self>, login: Arc<Login>| {
            let held = this.records.read(&login);
            let serves = held.as_ref().is_some_and(|held| this.serves(&login, held));
            Known { held, serves }
        };
        self.in_background(login, look).await.unwrap_or_default()
    }

    /// What can be taken over: it was issued after `adopt_after`, is not due yet, and serves.
    pub(super) fn adoptable(&self, known: &Known, adopt_after: SystemTime) -> Option<Held> {
        let now = self.clock.now();
        let is_due = |held: &Held| held.refresh_at <= now || held.is_from_the_future(now);
        known.held.clone().filter(|held| known.serves && held.issued_at > adopt_after && !is_due(held))
    }

    /// Secrets are read, and endpoints answer, with a login's credential, so it has to be at hand; and a secret is of no
    /// use any more when the credential that it hangs on has been replaced.
    fn serves(&self, login: &Login, held: &Held) -> bool {
        match login.lender() {
            Some(lender) => !is_orphan(&self.records, lender, held),
            None => !self.kept.wants(login) || self.brings_to_hand(login, held),
        }
    }

    /// Whether the credential is in memory now. What the outputs give back has to be all that is asked for.
    fn brings_to_hand(&self, login: &Login, held: &Held) -> bool {
        if self.kept.remembered(login, Some(held), self.clock.now()).is_some() {
            return true;
        }
        let Some(credential) = self.records.recall(login, held) else { return false };
        let is_whole = login.serves_fields().all(|field| credential.field(field).is_some());
        if is_whole {
            self.kept.keep(login, held, &credential);
        }
        is_whole
    }
}

fn is_orphan(records: &Records, lender: &Login, held: &Held) -> bool {
    held.bound_to.is_some() && records.last(lender).is_none_or(|lender| held.is_orphan_of(&lender))
}
