//! A signal to the process that a file names.

use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

use evercred_test_support::until;

use crate::told;
use crate::workspace::{LIMIT, Workspace};

/// A user who is neither root nor anybody.
const NOBODY: u32 = 65534;

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn signalling(workspace: &Workspace) {
    let file = workspace.home.path("pid");
    workspace
        .configure(&format!("[[aws.default.hooks]]\nsignal = \"HUP\"\npid_file = \"{}\"\n", file.display()));
}

#[test]
fn the_process_in_a_pid_file_gets_the_signal() {
    let workspace = Workspace::new();
    signalling(&workspace);
    let script = "trap 'echo hup >> told' HUP; echo $$ > pid; while :; do sleep 0.05; done";
    let mut server = workspace.home.command("/bin/sh");
    let _server = Killed(server.args(["-c", script]).stdin(Stdio::null()).spawn().unwrap());
    until("the server", LIMIT, || workspace.home.read("pid").filter(|pid| pid.ends_with('\n')));
    workspace.home.run(["once"]).success();
    until("the signal", LIMIT, || (told(&workspace) == ["hup"]).then_some(()));
    workspace.home.run(["once", "--force"]).success();
    until("the second signal", LIMIT, || (told(&workspace) == ["hup", "hup"]).then_some(()));
}

#[test]
fn a_pid_file_that_is_old_or_wrong_or_names_somebody_elses_process_is_said_and_signals_nobody() {
    let workspace = Workspace::new();
    signalling(&workspace);
    let mut other = workspace.home.command("/bin/sleep");
    other.arg("600");
    let mut ended = Killed(workspace.home.command("/bin/true").spawn().unwrap());
    ended.0.wait().unwrap();
    // The kernel's own thread, where only root may run somebody else's process.
    let is_root = rustix::process::geteuid().is_root();
    let mut sleeper = is_root.then(|| Killed(other.uid(NOBODY).spawn().unwrap()));
    let stranger = sleeper.as_ref().map_or(2, |sleeper| sleeper.0.id());
    for (content, complaint) in [
        (None, "there is no such file".to_owned()),
        (Some("-1".to_owned()), "does not hold the number of a process".to_owned()),
        (Some("1".to_owned()), "does not hold the number of a process".to_owned()),
        (Some(ended.0.id().to_string()), format!("process {} does not run", ended.0.id())),
        (Some(stranger.to_string()), format!("process {stranger} belongs to user")),
    ] {
        if let Some(content) = &content {
            workspace.home.write("pid", content);
        }
        let said = workspace.home.run(["once", "--force"]).success();
        assert!(said.contains(&complaint), "{content:?}: {said}");
    }
    if let Some(sleeper) = &mut sleeper {
        assert!(sleeper.0.try_wait().unwrap().is_none(), "it got the signal");
    }
}
