//! What a daemon does last.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::engine::attempt::Attempts;
use crate::login::Login;

/// A service manager waits longer before it kills; asking a provider takes less.
const LONGEST_END: Duration = Duration::from_secs(10);

/// Logs out of the logins that are to end with the daemon.
pub async fn log_out(attempts: &Arc<Attempts>, logins: Vec<Arc<Login>>) {
    let mut ends = JoinSet::new();
    for login in logins {
        let attempts = Arc::clone(attempts);
        ends.spawn(async move { one(attempts, &login).await });
    }
    if tokio::time::timeout(LONGEST_END, ends.join_all()).await.is_err() {
        tracing::warn!("Logging out takes too long; what is left of it is left to \"evercred logout\".");
    }
}

async fn one(attempts: Arc<Attempts>, login: &Arc<Login>) {
    match attempts.log_out(login).await {
        Ok(_) => tracing::info!(login = %login.id, "Logged out, as revoke_on_exit asks."),
        Err(failure) => tracing::warn!(login = %login.id, %failure, "Logging out failed."),
    }
}
