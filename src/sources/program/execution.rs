//! One run of a program: its output within bounds of time and size, or why there is none.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use evercred_core::{Advice, Failure, HumanDuration};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

/// Far beyond any token.
const LONGEST_OUTPUT: usize = 64 * 1024;
/// Enough of what it complained about.
const LONGEST_COMPLAINT: usize = 2 * 1024;

/// Runs `command`, called `name` in reports, and gives its standard output.
pub(super) async fn output(mut command: Command, name: &str, limit: Duration) -> Result<String, Failure> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| not_started(name, error))?;
    let mut group = Group::of(&child);
    let ended = tokio::time::timeout(limit, attend(child)).await.map_err(|_| too_slow(name, limit))?;
    let (status, output, complaint) = ended.map_err(|error| lost(name, error))?;
    group.disarm();
    if !status.success() {
        return Err(refused(name, status, &complaint));
    }
    if output.len() > LONGEST_OUTPUT {
        return Err(attention(name).message("it printed more than any token has"));
    }
    String::from_utf8(output).map_err(|_| attention(name).message("what it printed is not text"))
}

/// Kills the process group when dropped, whether its time was over or nobody waits for it any more.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id.cast_signed())))
    }

    fn disarm(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended by itself at this moment; the runtime reaps the leader either way.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

async fn attend(mut child: Child) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let output = child.stdout.take();
    let complaint = child.stderr.take();
    let (output, complaint, status) = tokio::join!(
        bounded(output, LONGEST_OUTPUT + 1),
        bounded(complaint, LONGEST_COMPLAINT),
        child.wait()
    );
    Ok((status?, output?, complaint?))
}

/// What comes first out of `pipe`; the rest is read and dropped, so that the writer is not held up.
async fn bounded(pipe: Option<impl AsyncRead + Unpin>, limit: usize) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return Ok(kept) };
    let mut block = [0; 4096];
    loop {
        let count = pipe.read(&mut block).await?;
        if count == 0 {
            return Ok(kept);
        }
        let room = limit.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&block[..room]);
    }
}

fn failure(name: &str, advice: Advice) -> Failure {
    Failure::new(format!("get an ID token from {name}"), "", advice)
}

fn attention(name: &str) -> Failure {
    failure(name, Advice::NeedsAttention)
        .hint("Run it by hand as the user that evercred runs as: it must print one token to standard output.")
}

fn not_started(name: &str, error: io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Advice::NeedsAttention,
        _ => Advice::RETRY,
    };
    failure(name, advice)
        .message("it could not be started")
        .hint("Check that it is a program for this machine, and the interpreter that its first line names.")
        .caused_by(error)
}

fn too_slow(name: &str, limit: Duration) -> Failure {
    failure(name, Advice::RETRY)
        .message(format!("it had not ended after {}, and was killed", HumanDuration::from(limit)))
        .hint("See what it waits for (a prompt, the network, a child that keeps its output open), or raise `timeout`.")
}

fn lost(name: &str, error: io::Error) -> Failure {
    failure(name, Advice::RETRY).message("its output could not be read").caused_by(error)
}

fn refused(name: &str, status: ExitStatus, complaint: &[u8]) -> Failure {
    let said = one_line(complaint);
    let advice = match status.code() {
        Some(126 | 127) => Advice::NeedsAttention,
        _ => Advice::RETRY,
    };
    failure(name, advice)
        .code(named(status))
        .message(if said.is_empty() { "it wrote nothing to standard error" } else { &said })
        .hint("Run it by hand as the user that evercred runs as; evercred tries again by itself.")
}

/// The exit status in words, by the conventions of shells for those above 125 (POSIX, Shell Command Language
/// §2.8.2).
fn named(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(126), _) => "exit code 126 (a program in it cannot be executed)".to_owned(),
        (Some(127), _) => "exit code 127 (a program in it was not found)".to_owned(),
        (Some(code @ 129..=192), _) => {
            format!("exit code {code} (a program in it died of signal {})", code - 128)
        }
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("died of signal {signal}"),
        (None, None) => "no exit code".to_owned(),
    }
}

fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ").chars().filter(|c| !c.is_control()).collect()
}
