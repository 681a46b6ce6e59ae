//! A program's process group, and how it comes to its end.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::Child;

/// How long a group has between the request to end and its death.
const GRACE: Duration = Duration::from_secs(1);
/// Between two looks whether it has ended; only a group that was asked to end is looked at.
const NAP: Duration = Duration::from_millis(10);

/// Kills the process group when dropped, unless it has ended.
#[derive(Debug)]
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group that `child` leads.
    pub(super) fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id.cast_signed())))
    }

    /// Asks whoever is left of the group to end, and sees to it.
    pub(super) async fn end(mut self, leader: &mut Child) {
        let Some(group) = self.0 else { return };
        if kill_process_group(group, Signal::TERM).is_ok() {
            // A wait of its own kind: what is left are mostly not our children, so nobody tells us of their end.
            let _ = tokio::time::timeout(GRACE, async {
                while leader.try_wait().is_ok() && test_kill_process_group(group).is_ok() {
                    tokio::time::sleep(NAP).await;
                }
            })
            .await;
        }
        if test_kill_process_group(group).is_err() {
            self.0 = None;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended by itself at this moment; the runtime reaps the leader either way.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
