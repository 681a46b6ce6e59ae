//! Files of other users, kept by a daemon that runs as root.
//!
//! Everything that touches such a file is done as its owner: the thread takes the owner's effective user and groups
//! for the while (setresuid(2), of this thread alone), so the kernel itself sees to it that nothing is read, written or
//! followed that the owner could not, whatever links they lay. New files and folders are theirs without further ado.
//!
//! Left out: the watcher (`sources/watch.rs`) compares hashes of what is there as ourselves, and tells them nobody.

use evercred_core::{Advice, Failure};
use rustix::process::{Gid, Uid, getegid, geteuid, getgroups, getuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

/// A user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The user's number.
    pub user: u32,
    /// The number of the user's own group.
    pub group: u32,
}

/// Does `work` as `owner`, or as ourselves if there is none.
pub(super) fn as_owner<T>(
    owner: Option<Owner>,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let _identity = owner.filter(|owner| owner.user != geteuid().as_raw()).map(Assumed::take).transpose()?;
    work()
}

/// Does `work` as ourselves, also in the middle of something that is done as somebody else.
pub(super) fn as_ourselves<T>(work: impl FnOnce() -> T) -> T {
    let (assumed, ourselves) = (geteuid(), getuid());
    let is_assumed = assumed != ourselves && set_thread_res_uid(None, ourselves, None).is_ok();
    let done = work();
    if is_assumed && let Err(error) = set_thread_res_uid(None, assumed, None) {
        tracing::error!(%error, "A thread could not take on another identity again.");
    }
    done
}

/// Another identity of this thread, until it is dropped.
struct Assumed {
    user: Uid,
    group: Gid,
    groups: Vec<Gid>,
}

impl Assumed {
    fn take(owner: Owner) -> Result<Self, Failure> {
        let before =
            Self { user: geteuid(), group: getegid(), groups: getgroups().map_err(|e| refused(owner, e))? };
        let group = Gid::from_raw(owner.group);
        // The user comes last, for only root may change the groups; what was taken is given back by `before`.
        set_thread_groups(&[group])
            .and_then(|()| set_thread_res_gid(None, group, None))
            .and_then(|()| set_thread_res_uid(None, Uid::from_raw(owner.user), None))
            .map_err(|error| refused(owner, error))?;
        Ok(before)
    }
}

impl Drop for Assumed {
    fn drop(&mut self) {
        let back = set_thread_res_uid(None, self.user, None)
            .and_then(|()| set_thread_res_gid(None, self.group, None))
            .and_then(|()| set_thread_groups(&self.groups));
        if let Err(error) = back {
            tracing::error!(%error, "A thread could not take its own identity back.");
        }
    }
}

fn refused(owner: Owner, error: rustix::io::Errno) -> Failure {
    Failure::new("act as the owner", format!("user {}", owner.user), Advice::NeedsAttention)
        .hint("Run evercred as root (with CAP_SETUID and CAP_SETGID), or as that user, and leave `user` out.")
        .caused_by(std::io::Error::from(error))
}
