//! A command in `exec` is what it would be in a shell: the same process, with the same signals, limits and exit code.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use evercred_test_support::{Outcome, until};
use rustix::process::{Pid, Signal, kill_process};

use super::processes::{keepers, keepers_of};
use super::rig::{LIMIT, Rig};

#[test]
fn the_command_takes_the_place_of_evercred_and_has_no_children() {
    let rig = Rig::new("");
    let script = "echo $$; cat /proc/$$/task/$$/children; echo; ps -o ppid= -p $$";
    let child = rig.shell(script).stdout(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let mut lines = said.lines().map(str::trim);
    assert_eq!(lines.next(), Some(pid.to_string().as_str()));
    // The only one is the `cat` that looks.
    assert_eq!(lines.next().map(|children| children.split(' ').count()), Some(1), "{said}");
    assert_eq!(lines.next_back(), Some(std::process::id().to_string().as_str()));
}

#[test]
fn the_exit_code_and_the_signal_of_the_command_are_those_that_the_caller_sees() {
    let rig = Rig::new("");
    for code in [0, 1, 7, 255] {
        assert_eq!(Outcome::of(&mut rig.shell(&format!("exit {code}"))).code(), Some(code));
    }
    // Not INT, which whatever runs these tests may have had ignored: a shell does that for `&`.
    for (name, number) in [("TERM", 15), ("USR1", 10), ("KILL", 9), ("PIPE", 13)] {
        let outcome = Outcome::of(&mut rig.shell(&format!("kill -{name} $$")));
        assert_eq!(outcome.status.signal(), Some(number), "{outcome:?}");
    }
    let missing = Outcome::of(&mut rig.exec(&["aws.default"], &Command::new("no-such-program")));
    assert_eq!(missing.code(), Some(127), "{missing:?}");
    assert!(missing.stderr.contains("hint: Check its name and PATH"), "{missing:?}");
    let folder = Outcome::of(&mut rig.exec(&["aws.default"], &Command::new("/etc")));
    assert_eq!(folder.code(), Some(126), "{folder:?}");
    until("the end of all keepers", LIMIT, || keepers(&rig.home).is_empty().then_some(()));
}

/// What a process takes over from the one before it, and nothing else.
const INHERITED: &str = "grep -E '^(Sig(Blk|Ign)|Umask|CapInh|NoNewPrivs|Seccomp):' /proc/self/status; cat /proc/self/limits; \
                         ulimit -Sc; ulimit -Hc; umask; pwd; ls /proc/self/fd; cut -d ' ' -f 5,6,7,18,19 /proc/self/stat";

#[test]
fn signals_limits_and_descriptors_are_as_they_were_before() {
    let rig = Rig::new("");
    for before in ["ulimit -c unlimited", "ulimit -Sc 8", "trap '' HUP INT USR1", "ulimit -n 512; umask 027"]
    {
        let direct = format!("{before}; exec sh -c \"$0\"");
        let through = format!("{before}; exec \"$1\" exec aws.default -- sh -c \"$0\"");
        let run = |script: &str| {
            let mut shell = rig.home.command("/bin/sh");
            Outcome::of(shell.args(["-c", script, INHERITED]).arg(evercred_test_support::program())).success()
        };
        assert_eq!(run(&through), run(&direct), "{before}");
    }
}

#[test]
fn a_command_that_ignores_sigterm_goes_on_and_its_keeper_with_it() {
    let rig = Rig::new("");
    let mut child = Running::start(&mut rig.shell("trap '' TERM; echo > ready; while :; do sleep 0.1; done"));
    until("the command", LIMIT, || rig.home.read("ready"));
    child.signal(Signal::TERM);
    let pid = child.0.id();
    assert_eq!(keepers_of(&rig.home, pid).len(), 1);
    until("a rotation", LIMIT, || (rig.exchanges() >= 3).then_some(()));
    assert!(child.0.try_wait().unwrap().is_none());
    child.signal(Signal::KILL);
    assert_eq!(child.0.wait().unwrap().signal(), Some(9));
    until("the end of the keeper", LIMIT, || keepers_of(&rig.home, pid).is_empty().then_some(()));
}

#[test]
fn a_child_that_outlives_the_command_neither_delays_its_end_nor_dies_with_it() {
    let rig = Rig::new("");
    let outcome = Outcome::of(&mut rig.shell("sleep 60 > /dev/null 2>&1 & echo $! > child; exit 3"));
    assert_eq!(outcome.code(), Some(3));
    let pid: i32 = rig.home.read("child").unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    until("the end of the keeper", LIMIT, || keepers(&rig.home).is_empty().then_some(()));
}

#[test]
fn a_command_may_wait_for_all_of_its_children() {
    let rig = Rig::new("");
    // It hangs for as long as somebody else's child is its own.
    let mut python = rig.home.command("python3");
    python.args(["-c", "import os\ntry: os.wait()\nexcept ChildProcessError: print('none')"]);
    assert_eq!(Outcome::of(&mut rig.exec(&["aws.default"], &python)).success(), "none\n");
}

#[test]
fn standard_input_and_output_are_the_commands_own() {
    let rig = Rig::new("");
    rig.home.write("input", "one\ntwo\n");
    let mut shell = rig.shell("wc -l");
    shell.stdin(std::fs::File::open(rig.home.path("input")).unwrap()).stdout(Stdio::piped());
    let output = shell.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!((String::from_utf8(output.stdout).unwrap().trim(), output.stderr.len()), ("2", 0));
}

/// A command that does not outlive its test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
