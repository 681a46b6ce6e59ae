//! Whose a running daemon's memory is.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use evercred_test_support::Home;

use super::{LIMIT, files_below};

/// Somebody who is not root, for what root owns is always root's.
const NOBODY: u32 = 65534;

#[test]
fn a_running_daemon_can_be_neither_dumped_nor_debugged_by_its_own_user() {
    let home = Home::new();
    home.config("[source]\ntype = 'file'\npath = '/nowhere'\n[token.a]\naudience = 'a'\n");
    let mut evercred = as_nobody(&home, home.evercred(["run"]));
    // The other one is an ordinary process: without it, the test would not know what it is looking at.
    let mut other = as_nobody(&home, home.command("/bin/cat"));
    let mut other = other.stdin(Stdio::piped()).spawn().unwrap();
    evercred.env("RUST_BACKTRACE", "0");
    let mut daemon = home.start_as(evercred);
    let socket = home.path("run/evercred/control.sock");
    daemon.until("its socket", LIMIT, || socket.exists().then_some(()));

    // The kernel gives the files of a process that may not be dumped to root (proc(5)).
    let owner = |id: u32| Path::new(&format!("/proc/{id}/environ")).metadata().unwrap().uid();
    let own = socket.metadata().unwrap().uid();
    assert_eq!(owner(other.id()), own);
    assert_eq!(owner(daemon.id()), 0);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.id())).unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(cores.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{cores}");
    drop(other.stdin.take());
    other.wait().unwrap();
}

/// The command in the hands of somebody who is not root; a build folder may be out of their reach, so the program
/// moves into their home.
fn as_nobody(home: &Home, command: Command) -> Command {
    if !rustix::process::geteuid().is_root() {
        return command;
    }
    let program = home.path(Path::new(command.get_program()).file_name().unwrap());
    std::fs::copy(command.get_program(), &program).unwrap();
    let mut own = home.command(program);
    own.args(command.get_args()).uid(NOBODY).gid(NOBODY);
    for path in files_below(&home.path("")).iter().flat_map(|file| file.ancestors()) {
        if path.starts_with(home.path("")) {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    chown(home.path("run"), Some(NOBODY), Some(NOBODY)).unwrap();
    own
}
