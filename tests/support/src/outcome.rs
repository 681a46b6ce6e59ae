//! A program that was run to its end.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::until;

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Outcome {
    /// Runs `command` to its end. A program that does not come to one is killed, and fails the test.
    pub fn of(command: &mut Command) -> Self {
        let shown = format!("{command:?}");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            Killed(command.spawn().unwrap_or_else(|error| panic!("cannot start {shown}: {error}")));
        let stdout = collect(child.0.stdout.take());
        let stderr = collect(child.0.stderr.take());
        let status = until(&format!("the end of {shown}"), LONGEST_RUN, || {
            child.0.try_wait().expect("a child can be waited for")
        });
        Self { status, stdout: join(stdout), stderr: join(stderr) }
    }

    /// The exit code; a signal is none.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Its standard output if it succeeded; fails the test otherwise.
    #[track_caller]
    pub fn success(self) -> String {
        assert!(self.status.success(), "{}\nstdout: {}\nstderr: {}", self.status, self.stdout, self.stderr);
        self.stdout
    }

    /// Itself if it failed; fails the test otherwise.
    #[must_use]
    #[track_caller]
    pub fn failure(self) -> Self {
        assert!(!self.status.success(), "it succeeded\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }
}

/// No test runs anything that takes longer by itself.
const LONGEST_RUN: Duration = Duration::from_mins(1);

/// A child that does not outlive its test.
#[derive(Debug)]
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut stream = stream.expect("the stream is piped");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn join(collected: JoinHandle<String>) -> String {
    collected.join().expect("the reader of a pipe does not panic")
}
