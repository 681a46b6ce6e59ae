//! A worker whose system calls are seen, failed or made deadly by `strace`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::worker::{Order, Worker};

/// A worker under `strace`, from the reading of its order on.
pub(crate) struct Traced {
    worker: Worker,
    tracer: Child,
    log: PathBuf,
}

impl Traced {
    /// `inject`: what strace is to do to the worker's system calls, as in `fsync:error=EIO`.
    pub(crate) fn start(inject: Option<&str>, log: PathBuf) -> Self {
        let worker = Worker::start();
        let mut command = Command::new("strace");
        command.arg("-p").arg(&worker.task).arg("-o").arg(&log).args(["-s", "4"]);
        if let Some(inject) = inject {
            command.arg("-e").arg(format!("inject={inject}"));
        }
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut tracer = command.spawn().expect("strace must be installed (Debian: apt-get install strace)");
        let mut messages = BufReader::new(tracer.stderr.take().unwrap()).lines();
        let first = messages.next().unwrap().unwrap();
        assert!(first.contains("attached"), "strace cannot trace here: {first}");
        Self { worker, tracer, log }
    }

    /// The result of one publish (`None`: it died), and its system calls, one a line.
    pub(crate) fn publish(mut self, order: &Order) -> (Option<String>, String) {
        let result = self.worker.publish(order);
        drop(self.worker);
        self.tracer.wait().unwrap();
        let log = fs::read_to_string(&self.log).unwrap();
        (result, log)
    }
}
