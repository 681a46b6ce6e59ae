//! Looking after outputs between attempts: whether they are still in place, and their removal at their end.
//!
//! Both take the login's lock and look at the record under it, because another process may be writing the same
//! outputs at this moment, or may have done so since we did.

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
                let mut outputs = login.outputs.iter();
                outputs.try_for_each(|output| publish::withdraw(&this.publisher, output.as_ref()))?;
                this.records.forget(&login.id)?;
            }
            Ok(good)
        };
        self.in_background(login, work).await.unwrap_or_else(|| Err(panicked("remove the outputs")))
    }
}
