//! A signal to the process that a file names.
//!
//! Such a file may be old, and its number may belong to somebody else's process by now. So the process is taken hold
//! of first ([pidfd](https://man7.org/linux/man-pages/man2/pidfd_open.2.html)), its owner looked at then, and what gets
//! the signal is what was looked at. Only a process of our own user is sent one, even if we may do more.

use std::fmt;
use std::io;
use std::path::Path;

use evercred_core::{Advice, Failure};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::files;

/// A signal that asks a program for something; those that only end or stop one are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum SignalName {
    Hup,
    Int,
    Quit,
    Usr1,
    Usr2,
    Term,
    Cont,
    Winch,
}

impl SignalName {
    pub(crate) fn signal(self) -> Signal {
        match self {
            Self::Hup => Signal::HUP,
            Self::Int => Signal::INT,
            Self::Quit => Signal::QUIT,
            Self::Usr1 => Signal::USR1,
            Self::Usr2 => Signal::USR2,
            Self::Term => Signal::TERM,
            Self::Cont => Signal::CONT,
            Self::Winch => Signal::WINCH,
        }
    }
}

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Hup => "HUP",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Usr1 => "USR1",
            Self::Usr2 => "USR2",
            Self::Term => "TERM",
            Self::Cont => "CONT",
            Self::Winch => "WINCH",
        };
        f.write_str(name)
    }
}

/// Sends `signal` to the process whose number `file` holds.
pub(super) fn send(signal: SignalName, file: &Path) -> Result<(), Failure> {
    let failure = |message: &str, hint: &str| {
        Failure::new(
            format!("send {signal} to a process"),
            file.display().to_string(),
            Advice::NeedsAttention,
        )
        .message(message)
        .hint(hint)
    };
    let missing = "Start the program that writes this file, or correct `pid_file`.";
    let text = files::read(file)
        .map_err(|error| failure("the file cannot be read", missing).caused_by(error))?
        .ok_or_else(|| failure("there is no such file", missing))?;
    let pid = number(&text).ok_or_else(|| {
        failure(
            "it does not hold the number of a process",
            "It must hold one number above 1, and nothing else.",
        )
    })?;
    let gone = |error: io::Error| {
        failure(&format!("process {} does not run", pid.as_raw_nonzero()), missing).caused_by(error)
    };
    let process = pidfd_open(pid, PidfdFlags::empty()).map_err(|error| gone(error.into()))?;
    let owner = owner(pid).map_err(gone)?;
    let ours = rustix::process::geteuid().as_raw();
    if owner != ours {
        let message = format!("process {} belongs to user {owner}, not to {ours}", pid.as_raw_nonzero());
        return Err(failure(&message, "Only a process of the user that evercred runs as is sent a signal."));
    }
    pidfd_send_signal(&process, signal.signal()).map_err(|error| gone(error.into()))
}

/// The number, unless it is one that `kill` takes for "everybody", or the first process.
fn number(text: &[u8]) -> Option<Pid> {
    let number = std::str::from_utf8(text).ok()?.trim().parse::<i32>().ok()?;
    (number > 1).then(|| Pid::from_raw(number)).flatten()
}

/// Whose process it is: its real user (proc(5), `status`).
fn owner(pid: Pid) -> io::Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()))?;
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let real = users.and_then(|users| users.split_whitespace().next()?.parse().ok());
    real.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its owner cannot be told"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_number_of_one_ordinary_process_is_one() {
        assert_eq!(number(b"42\n").map(|pid| pid.as_raw_nonzero().get()), Some(42));
        for bad in ["", "0", "1", "-1", "-42", "42 43", "forty", "99999999999"] {
            assert_eq!(number(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
