//! Running another program within bounds: of time, of what it may print, and of what it may leave behind.
//!
//! It gets an argument vector, never a shell line, and a process group of its own. When its time is over, or it has
//! ended and left children in its group, the group is asked to end (SIGTERM) and a little later made to (SIGKILL). If
//! nobody waits for it any more, it is killed at once. A child that started a session of its own is out of reach.
//!
//! What it means that a program fails is for the caller to say: a token source and a hook have different remedies.

mod group;

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use evercred_core::Environment;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use self::group::Group;

/// The bounds of one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// How long it may take.
    pub(crate) time: Duration,
    /// How much of its standard output is kept.
    pub(crate) output: usize,
    /// How much of its standard error is kept.
    pub(crate) complaint: usize,
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its exit status.
    pub(crate) status: ExitStatus,
    /// Its standard output, up to the bound.
    pub(crate) output: Vec<u8>,
    /// Its standard error, up to the bound.
    pub(crate) complaint: Vec<u8>,
}

/// Why there is no end to tell of.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It could not be started.
    NotStarted(io::Error),
    /// It had not ended in time, and was killed.
    TooSlow,
    /// What it printed could not be read.
    Lost(io::Error),
}

/// Runs `command` to its end.
pub(crate) async fn run(mut command: Command, bounds: Bounds) -> Result<Ended, Trouble> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(Trouble::NotStarted)?;
    let group = Group::of(&child);
    let ended = tokio::time::timeout(bounds.time, attend(&mut child, bounds)).await;
    group.end(&mut child).await;
    match ended {
        Ok(ended) => ended.map_err(Trouble::Lost),
        Err(_) => Err(Trouble::TooSlow),
    }
}

/// The executable that `name` stands for: a path (`~/` allowed), or what `PATH` has by that name.
pub(crate) fn find(environment: &Environment, name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(environment.expand(name)).filter(|path| executable(path));
    }
    let folders = environment.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin");
    // An empty or relative entry would mean the folder that the daemon happens to be in.
    let folders = std::env::split_paths(folders).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|path| executable(path))
}

/// The exit status in words, by the conventions of shells for those above 125 (POSIX, Shell Command Language
/// §2.8.2).
pub(crate) fn named(status: ExitStatus) -> String {
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

/// What a program printed, as one line.
pub(crate) fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ").chars().filter(|c| !c.is_control()).collect()
}

async fn attend(child: &mut Child, bounds: Bounds) -> io::Result<Ended> {
    let output = child.stdout.take();
    let complaint = child.stderr.take();
    let (output, complaint, status) =
        tokio::join!(bounded(output, bounds.output), bounded(complaint, bounds.complaint), child.wait());
    Ok(Ended { status: status?, output: output?, complaint: complaint? })
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

fn executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
