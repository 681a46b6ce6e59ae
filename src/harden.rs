//! Keeping secrets out of core dumps and of other processes' debuggers.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids core dumps, and reading this process's memory by others of the same user (`prctl(2)`,
/// `PR_SET_DUMPABLE`). Where that is not to be had, there is nothing better to do than to go on.
pub fn no_dumps() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
