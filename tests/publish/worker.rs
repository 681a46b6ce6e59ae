//! A second process for the tests of `files.rs`: the test binary itself, started again as its ignored test
//! `worker_process`, which does what it reads from its standard input. So it can be traced, killed and put into a mount
//! namespace of its own.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use evercred::files::{Publisher, Target};

/// The arguments that make the test binary a worker.
pub(crate) const WORKER: [&str; 4] = ["--exact", "worker_process", "--ignored", "--nocapture"];

/// What a worker publishes.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) lock_folder: PathBuf,
    pub(crate) target: Target,
    /// A line, which is repeated this often.
    pub(crate) line: String,
    pub(crate) times: usize,
}

impl Order {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!("{}\n", self.line).repeat(self.times).into_bytes()
    }

    pub(crate) fn text(&self) -> String {
        let Target { path, mode, shared, .. } = &self.target;
        let (locks, path) = (self.lock_folder.display(), path.display());
        format!("{locks}\t{path}\t{mode}\t{shared}\t{}\t{}\n", self.line, self.times)
    }

    fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.trim_end().split('\t').collect();
        let mode = parts[2].parse().unwrap();
        let target = Target { shared: parts[3] == "true", ..Target::new(parts[1], mode) };
        let (line, times) = (parts[4].to_owned(), parts[5].parse().unwrap());
        Self { lock_folder: parts[0].into(), target, line, times }
    }
}

/// Carries out orders from standard input, one a line.
pub(crate) fn work() {
    // A kernel that restricts tracing must be asked; another does not know the question.
    let _ = rustix::process::set_ptracer(rustix::process::PTracer::Any);
    let task = fs::read_link("/proc/thread-self").unwrap();
    say(&format!("ready {}", task.file_name().unwrap().display()));
    for line in io::stdin().lines() {
        let order = Order::parse(&line.unwrap());
        let bytes = order.bytes();
        let published = Publisher::new(order.lock_folder).publish(&order.target, &mut |_| Ok(bytes.clone()));
        match published {
            Ok(published) => say(&format!("result {published:?}")),
            Err(failure) => {
                let cause = std::error::Error::source(&failure).map(ToString::to_string).unwrap_or_default();
                let remedy = failure.remedy().unwrap_or("none");
                say(&format!("result {} | {failure}: {cause} | {remedy}", failure.advice().class()));
            }
        }
    }
}

/// The test harness has begun the line already, so a line of ours starts with a newline.
fn say(text: &str) {
    let mut output = io::stdout().lock();
    output.write_all(format!("\n{text}\n").as_bytes()).unwrap();
    output.flush().unwrap();
}

/// A worker that waits for orders.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// The thread that carries out orders.
    pub(crate) task: String,
}

impl Worker {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(WORKER);
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut worker = Self { child, input, output, task: String::new() };
        worker.task = worker.next("ready ").expect("the worker starts");
        worker
    }

    /// Gives an order and waits for its result; `None` if the worker died of it.
    pub(crate) fn publish(&mut self, order: &Order) -> Option<String> {
        let input = self.input.as_mut().unwrap();
        // It may be dead before it reads.
        input.write_all(order.text().as_bytes()).ok()?;
        self.next("result ")
    }

    fn next(&mut self, start: &str) -> Option<String> {
        let lines = self.output.by_ref().lines();
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix(start).map(str::to_owned))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.input.take());
        self.child.wait().unwrap();
    }
}

/// The names in a folder, hidden ones included.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
