//! Looking after outputs between attempts: whether they are still in place, and their removal at their end.
//!
//! Both take the login's lock and look at the record under it, because another process may be writing the same
//! outputs at this moment, or may have done so since we did.

use std::path::PathBuf;
use std::sync::Arc;

use evercred_core::Failure;

use crate::login::Login;

use super::attempt::{Attempts, panicked};
use super::publish;
use super::record::Standing;
use super::state::Held;

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

    /// Takes everything of the login out of its files.
    pub async fn log_out(self: Arc<Self>, login: &Arc<Login>) -> Result<LoggedOut, Failure> {
        let _lock = self.lock(login).await?;
        let work = |this: Arc<Self>, login: Arc<Login>| this.withdraw(&login);
        self.in_background(login, work).await.unwrap_or_else(|| Err(panicked("remove the outputs")))
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
