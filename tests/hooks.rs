//! Hooks of a real daemon and of `once`: when they run, what they are told, and that they disturb nobody.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]
#![expect(clippy::disallowed_methods, reason = "these tests play the other programs, in real time")]

#[path = "hooks/bounds.rs"]
mod bounds;
#[path = "hooks/signals.rs"]
mod signals;
#[path = "hooks/told.rs"]
mod told;
#[path = "life/workspace.rs"]
#[expect(dead_code, reason = "the tests of life use more of it")]
mod workspace;

use evercred_test_support::until;
use workspace::{LIMIT, Workspace};

/// A workspace whose login tells a shell script of `on`.
fn telling(workspace: &Workspace, more: &str, on: &str, script: &str) {
    workspace.configure(&format!(
        "{more}\n[[aws.default.hooks]]\non = {on}\ncommand = [\"/bin/sh\", \"-c\", '''{script}''']\n"
    ));
}

/// The lines that a script left in `told`.
fn told(workspace: &Workspace) -> Vec<String> {
    workspace.home.read("told").unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Waits until the process whose number is in `file` is no more.
fn until_dead(workspace: &Workspace, file: &str) {
    let pid = workspace.home.read(file).unwrap().trim().to_owned();
    until(&format!("the end of {file}, process {pid}"), LIMIT, || {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        // A zombie whose parent is the machine's first process may lie about for a while.
        state
            .is_none_or(|stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
            .then_some(())
    });
}
