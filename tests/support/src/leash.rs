//! Servers that die with the test process.
//!
//! Statics are never dropped, and a killed process drops nothing at all, so `Drop` alone would leave servers behind.
//! A shell between the two reads its standard input, which ends when this process lets go of it in whatever way;
//! then it kills the server and removes what that leaves behind.

use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::until;

/// A server on a leash; dropping it kills the server.
#[derive(Debug)]
pub(crate) struct Leash {
    shell: Child,
    folder: TempDir,
}

/// How a server is ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// As by a crash.
    Kill,
    /// By SIGQUIT, for one that has processes and shared memory of its own to put away.
    Quit,
}

impl Leash {
    /// Starts `server`, with the environment given to it and no other, in `folder`, where its output goes to `log`.
    /// `litter` are files that it makes elsewhere.
    pub(crate) fn start(server: &Command, folder: TempDir, litter: &[String]) -> Self {
        Self::start_to_end(server, folder, litter, End::Kill)
    }

    /// The same for a server that is ended in a way of its own.
    pub(crate) fn start_to_end(server: &Command, folder: TempDir, litter: &[String], end: End) -> Self {
        let signal = match end {
            End::Kill => "KILL",
            End::Quit => "QUIT",
        };
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", HOLD, "leash"]).arg(folder.path()).arg(litter.join(" ")).arg(signal);
        shell.arg(server.get_program()).args(server.get_args());
        shell.env_clear().envs(server.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { shell: shell.spawn().expect("/bin/sh starts"), folder }
    }

    /// Waits until `probe` finds the server ready; its output is the error if it ends before.
    pub(crate) fn until_ready<T>(
        mut self,
        name: &str,
        mut probe: impl FnMut(&str) -> Option<T>,
    ) -> Result<(Self, T), String> {
        let ready = until(&format!("{name} to be ready"), LONGEST_START, || {
            let log = self.log();
            let ended = self.shell.try_wait().expect("a child can be waited for").is_some();
            probe(&log).map(Ok).or_else(|| ended.then(|| Err(format!("{name} ended at its start:\n{log}"))))
        });
        ready.map(|found| (self, found))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // The shell's end is the server's end; if that cannot be learnt there is nothing left to be done.
        let _: io::Result<_> = self.shell.wait();
    }
}

/// Generous: the machine may be busy compiling something else.
const LONGEST_START: Duration = Duration::from_mins(1);

/// A background job of a shell has no input unless it is handed over, and does not hear SIGQUIT unless it asks to.
/// The log of a server that ended by itself is still wanted.
const HOLD: &str = r#"
folder=$1 litter=$2 signal=$3; shift 3
exec 3<&0
"$@" >"$folder/log" 2>&1 </dev/null 3<&- &
server=$!
{ read -r _ <&3; : >"$folder/let-go"; kill -"$signal" "$server"; } &
reader=$!
wait "$server"
rm -rf -- $litter
[ ! -e "$folder/let-go" ] || rm -rf -- "$folder"
kill "$reader"
"#;
