//! Looking after outputs between attempts: whether they are still in place, and their removal at their end.
//!
//! Both take the login's lock and look at the record under it, because another process may be writing the same
//! outputs at this moment, or may have done so since we did.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use evercred_core::{Advice, Failure};

use crate::events::Event;
use crate::login::Login;

use super::attempt::{Attempts, panicked};
use super::publish;
use super::record::Standing;
use super::state::Held;

/// How long logging out, also at the end of a daemon, waits for the provider.
const REVOCATION: Duration = Duration::from_secs(5);

impl Attempts {
    /// How the login's outputs stand; `None` if that cannot be found out now.
    pub async fn inspect(self: &Arc<Self>, login: &Arc<Login>) -> Option<Standing> {
        let _lock = self.lock(login).await.ok()?;
        self.in_background(login, |this, login| this.records.standing(&login)).await
    }

    /// Removes what has ended from the outputs. What another process has published meanwhile, and is still good,
    /// stays and is given back.
    pub async fn retire(self: &Arc<Self>, login: &Arc<Login>) -> Result<Option<Held>, Failure> {
        let _lock = self.lock(login).await?;
        let work = |this: Arc<Self>, login: Arc<Login>| {
            let good = this.records.read(&login).filter(|held| !held.has_ended(this.clock.now()));
            if good.is_none() {
                this.withdraw(&login)?;
            }
            Ok(good)
        };
        self.in_background(login, work).await.unwrap_or_else(|| Err(panicked("remove the outputs")))
    }

    /// Ends the login's credential on the provider's side, as far as it can be, and takes everything of the login out
    /// of its files, which does not wait long for the provider.
    pub async fn log_out(self: Arc<Self>, login: &Arc<Login>) -> Result<LoggedOut, Failure> {
        let _lock = self.lock(login).await?;
        if let Err(failure) = self.revoke(login).await {
            tracing::warn!(login = %login.id, %failure, "The credential could not be revoked; it lives on to its end.");
        }
        let work = |this: Arc<Self>, login: Arc<Login>| {
            this.records.forget_hooks(&login.id)?;
            this.forget_reason(&login)?;
            this.withdraw(&login)
        };
        let done =
            self.in_background(login, work).await.unwrap_or_else(|| Err(panicked("remove the outputs")));
        if done.is_ok() {
            self.observers.note(login, &Event::LoggedOut);
        }
        done
    }

    /// A secret ends with its login's credential, or by itself: which lease it has is known to the daemon alone.
    async fn revoke(self: &Arc<Self>, login: &Arc<Login>) -> Result<(), Failure> {
        let recall = |this: Arc<Self>, login: Arc<Login>| {
            let known = this.records.read(&login);
            let remembered = this.kept.remembered(&login, known.as_ref(), this.clock.now());
            remembered.map(|(_, credential)| credential).or_else(|| this.records.recall(&login, &known?))
        };
        if login.lender().is_some() {
            return Ok(());
        }
        let Some(held) = self.in_background(login, recall).await.flatten() else { return Ok(()) };
        let Some(revocation) = login.provider().revoke(&held) else { return Ok(()) };
        let revoked = tokio::time::timeout(REVOCATION, revocation).await.unwrap_or_else(|_| {
            Err(Failure::new("revoke the credential", login.id.to_string(), Advice::RETRY)
                .message("no answer in time"))
        });
        let failure = revoked.as_ref().err();
        self.observers.note(login, &Event::Revoked { credential: &held, failure });
        revoked
    }

    /// The last output goes first: an entry that names a file, before the file. A whole file that somebody else wrote
    /// since is theirs; of a shared one, only our part is taken.
    fn withdraw(&self, login: &Login) -> Result<LoggedOut, Failure> {
        let mut left = Vec::new();
        for output in login.outputs.iter().rev().map(AsRef::as_ref) {
            if output.section().is_none() && self.records.is_strange(login, output) {
                left.push(output.target().path.clone());
            } else {
                publish::withdraw(&self.publisher, output)?;
            }
        }
        self.records.forget(&login.id)?;
        Ok(LoggedOut { left })
    }
}

/// What logging out has done.
#[derive(Debug, PartialEq, Eq)]
pub struct LoggedOut {
    /// Files that somebody else wrote since, and that were left.
    pub left: Vec<PathBuf>,
}
