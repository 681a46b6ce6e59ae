//! A client that says a line for everything it does.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

/// A client whose standard output is read line by line; it ends when its standard input closes.
#[derive(Debug)]
pub struct Talking {
    child: Child,
    lines: Receiver<String>,
}

/// One call of a client.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Call {
    /// Whether it went well.
    pub ok: bool,
    /// The access key that signed the request on the wire, if it was signed.
    pub access_key_id: Option<String>,
    /// A name for the bearer token on the wire, if there was one, as the sandbox's log has it.
    pub token_id: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

impl Talking {
    /// Starts it.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().expect("its output is piped"));
        let (sender, lines) = channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    /// Its next line. Fails the test when none comes within `limit`.
    #[track_caller]
    pub fn line(&mut self, limit: Duration) -> String {
        match self.lines.recv_timeout(limit) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("the client said nothing for {limit:?}"),
            Err(RecvTimeoutError::Disconnected) => panic!("the client ended: {:?}", self.child.wait()),
        }
    }

    /// Its calls until `enough` is true of them. Fails the test when that takes longer than `limit`.
    #[track_caller]
    pub fn calls(&mut self, limit: Duration, mut enough: impl FnMut(&[Call]) -> bool) -> Vec<Call> {
        let start = Instant::now();
        let mut calls = Vec::new();
        while !enough(&calls) {
            let left = limit.saturating_sub(start.elapsed());
            assert!(!left.is_zero(), "waited {limit:?} for more than {calls:#?}");
            let line = self.line(left);
            if !line.starts_with('{') {
                // A client that is a test of its own begins with a few words of the harness.
                continue;
            }
            calls.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}")));
        }
        calls
    }

    /// Ends it and gives the last line it has to say, which is JSON.
    #[track_caller]
    pub fn summary(mut self, limit: Duration) -> Value {
        drop(self.child.stdin.take());
        let mut last = self.line(limit);
        while let Ok(line) = self.lines.recv_timeout(limit) {
            last = line;
        }
        serde_json::from_str(&last).unwrap_or_else(|error| panic!("{error} in {last}"))
    }
}

impl Drop for Talking {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
