//! Keeping secrets out of core dumps and of other processes' debuggers.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How large core dumps might be before they were forbidden: what a program gets back that takes this one's place.
#[derive(Debug, Clone)]
pub struct Dumps(Rlimit);

/// Forbids core dumps, and reading this process's memory by others of the same user (`prctl(2)`,
/// `PR_SET_DUMPABLE`). Where that is not to be had, there is nothing better to do than to go on.
///
/// Only the soft limit is lowered: the hard one could never be raised again, not even for another program.
pub fn no_dumps() -> Dumps {
    let before = getrlimit(Resource::Core);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: before.maximum });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    Dumps(before)
}

impl Dumps {
    /// Allows them as before, to the program that takes the place of this one: the kernel lets it be dumped again at that
    /// same instant (`execve(2)`).
    pub fn allow(&self) {
        let _ = setrlimit(Resource::Core, self.0.clone());
    }
}
