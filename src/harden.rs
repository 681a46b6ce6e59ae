//! Keeping secrets out of core dumps and of other processes' debuggers.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How large core dumps might be before they were forbidden: what a program gets back that takes this one's place.
#[derive(Debug, Clone, Copy)]
pub struct Dumps(Rlimit);

/// Forbids core dumps, and reading this process's memory by others of the same user (`prctl(2)`, `PR_SET_DUMPABLE`), for
/// good: not even a program that takes the place of this one may be dumped.
pub fn no_dumps() {
    let _ = no_dumps_for_now();
    limit(Rlimit { current: Some(0), maximum: Some(0) });
}

/// The same for as long as this program runs: the hard limit, which can never be raised again, stays as it was.
#[must_use]
pub fn no_dumps_for_now() -> Dumps {
    let before = getrlimit(Resource::Core);
    limit(Rlimit { current: Some(0), maximum: before.maximum });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    Dumps(before)
}

/// Where that is not to be had, there is nothing better to do than to go on.
fn limit(cores: Rlimit) {
    let _ = setrlimit(Resource::Core, cores);
}

impl Dumps {
    /// Allows them as before, to the program that takes the place of this one: the kernel lets it be dumped again at that
    /// same instant (`execve(2)`).
    pub fn allow(&self) {
        limit(self.0);
    }
}
