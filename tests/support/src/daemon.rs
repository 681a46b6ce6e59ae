//! `evercred run` in the background of a test.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::until;

/// A running daemon. Dropping it ends it, by SIGTERM as a service manager would.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    stderr: PathBuf,
}

impl Daemon {
    pub(crate) fn start(mut command: Command, stderr: PathBuf) -> Self {
        let file = File::create(&stderr).expect("a file can be made in the home");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        Self { child: command.spawn().expect("evercred starts"), stderr }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `probe` gives something. Fails the test, with the daemon's log, when that takes longer than
    /// `limit` or the daemon ends.
    pub fn until<T>(&mut self, what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
        until(what, limit, || {
            let ended = self.child.try_wait().expect("a child can be waited for");
            assert!(ended.is_none(), "the daemon ended with {ended:?} before {what}:\n{}", self.log());
            probe()
        })
    }

    /// Sends `signal`.
    pub fn signal(&self, signal: Signal) {
        // A daemon that has ended already is noticed by whoever waits for it.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Asks it to end by SIGTERM and says how it did.
    pub fn stop(mut self) -> ExitStatus {
        self.end()
    }

    fn end(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        until("the daemon to end after SIGTERM", LONGEST_END, || {
            self.child.try_wait().expect("a child can be waited for")
        })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the daemon's log:\n{}", self.log());
            let _ = self.child.kill();
            let _ = self.child.wait();
        } else {
            self.end();
        }
    }
}

/// Ending has nothing to wait for, but the machine may be busy.
const LONGEST_END: Duration = Duration::from_secs(10);
