//! A home of a test's own.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::{Daemon, Outcome, clients};

/// A home folder that starts empty, and the programs that run in it. It is removed when dropped.
///
/// Programs get no environment but `HOME`, a `PATH` and a runtime folder, so that nothing of the developer's own
/// set-up (profiles, proxies, certificate bundles) leaks in; and traffic that leaves the loopback interface runs
/// into a closed port.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    /// An empty home.
    pub fn new() -> Self {
        let folder =
            tempfile::Builder::new().prefix("evercred-home-").tempdir().expect("a folder can be made");
        let home = Self { folder };
        fs::create_dir(home.path("run")).expect("a new folder takes another");
        home
    }

    /// Where something in the home is.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Writes a file and the folders above it; gives its path.
    pub fn write(&self, relative: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("folders can be made");
        fs::write(&path, content).expect("a file can be written");
        path
    }

    /// The content of a file, if there is one.
    pub fn read(&self, relative: impl AsRef<Path>) -> Option<String> {
        fs::read_to_string(self.path(relative)).ok()
    }

    /// Writes evercred's config.
    pub fn config(&self, toml: &str) -> PathBuf {
        self.write(".config/evercred/config.toml", toml)
    }

    /// `program`, to be run in this home.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.folder.path());
        command.env("HOME", self.folder.path()).env("XDG_RUNTIME_DIR", self.path("run"));
        command.env("PATH", clients::search_path());
        command.env("HTTPS_PROXY", "http://127.0.0.1:9").env("NO_PROXY", "127.0.0.1,localhost");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        // The JavaScript SDK announces there which versions of node it will leave behind.
        command.env("NODE_NO_WARNINGS", "1");
        // A client that retries would hide the failed call that a test is looking for.
        command.env("AWS_MAX_ATTEMPTS", "1");
        command
    }

    /// `evercred`, to be run in this home.
    pub fn evercred<Word: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = Word>) -> Command {
        let mut command = self.command(program());
        command.args(words);
        command
    }

    /// The same with a wall clock that is off by `offset`, such as `-90m`.
    pub fn evercred_at(&self, offset: &str) -> Command {
        let mut command = self.command(clients::debian("faketime"));
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.args(["-f", offset]).arg(program());
        command
    }

    /// Runs `evercred` in this home to its end.
    pub fn run<Word: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = Word>) -> Outcome {
        Outcome::of(&mut self.evercred(words))
    }

    /// What `evercred status --json` says, which it says with any exit code.
    pub fn status(&self) -> Value {
        let outcome = self.run(["status", "--json"]);
        serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("status is not JSON ({error}): {outcome:?}"))
    }

    /// Starts `evercred run` in this home.
    pub fn start(&self) -> Daemon {
        self.start_as(self.evercred(["run"]))
    }

    /// Starts `command`, which is `evercred run` with more arguments or a larger environment.
    pub fn start_as(&self, command: Command) -> Daemon {
        Daemon::start(command, self.path("run/stderr"))
    }
}

/// The program under test: Cargo names it to integration tests, and puts it above their own folder.
pub fn program() -> PathBuf {
    if let Some(named) = env::var_os("CARGO_BIN_EXE_evercred") {
        return named.into();
    }
    let test = env::current_exe().expect("a process knows its program");
    let folder = test.ancestors().nth(2).expect("tests are in target/<profile>/deps");
    folder.join(format!("evercred{}", env::consts::EXE_SUFFIX))
}
