//! Cases: a home and an environment each, in which the doctor predicts and a client does.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use evercred_test_support::{Home, Outcome, clients, program};
use serde_json::{Value, json};

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) home: PathBuf,
    pub(crate) variables: BTreeMap<String, String>,
    counter: u32,
}

impl Case {
    /// An empty home below `base`'s, in which the config and the state of `base` count.
    pub(crate) fn new(base: &Home, number: u64) -> Self {
        let home = base.path(format!("cases/{number}"));
        // A case of its own also for a test that makes two of a number.
        assert!(!home.exists(), "there is a case {number} already");
        fs::create_dir_all(&home).unwrap();
        let mut case = Self { home, variables: BTreeMap::new(), counter: 0 };
        let home = case.home.display().to_string();
        case.set("HOME", home);
        case.set("PATH", "/usr/bin:/bin");
        case.set("NO_PROXY", "*");
        case
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.insert(name.to_owned(), value.into());
    }

    /// Writes a file of the home; gives its path.
    pub(crate) fn write(&self, relative: &str, content: &str) -> String {
        let path = self.home.join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// A value that nothing else in this case has.
    pub(crate) fn unique(&mut self, word: &str) -> String {
        self.counter += 1;
        format!("{word}{}x", self.counter)
    }

    /// Lets a command of evercred run in it, with the config and the state of `base`.
    pub(crate) fn in_it<'c>(&self, command: &'c mut Command, base: &Home) -> &'c mut Command {
        command.env_clear().envs(&self.variables).current_dir(&self.home);
        command.env("EVERCRED_CONFIG", base.path(".config/evercred/config.toml"));
        command.env("XDG_STATE_HOME", base.path(".local/state")).env("XDG_RUNTIME_DIR", base.path("run"))
    }

    /// What the doctor says that `client` takes, and whose it is.
    pub(crate) fn predicted(&self, base: &Home, client: &str) -> Value {
        let mut doctor = Command::new(program());
        let outcome = Outcome::of(self.in_it(&mut doctor, base).args(["doctor", "--output", "json"]));
        let said: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
        let predictions = said["predictions"].as_array().unwrap();
        predictions.iter().find(|prediction| prediction["client"] == client).unwrap().clone()
    }

    /// Everything in it, for whoever has to understand a wrong prediction.
    pub(crate) fn shown(&self) -> String {
        let mut shown = format!("{:#?}\n", self.variables);
        for file in files(&self.home) {
            shown += &format!("--- {}\n{}\n", file.display(), fs::read_to_string(&file).unwrap_or_default());
        }
        shown
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// How predictions of one client went.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    wrong: Vec<String>,
    outcomes: BTreeMap<String, u32>,
}

impl Tally {
    /// Compares a prediction with what the client did; `fits` says whether the credential is that of the place, and
    /// `is_ours` whether it is evercred's.
    pub(crate) fn compare(
        &mut self,
        case: &Case,
        predicted: &Value,
        actual: &Value,
        fits: impl FnOnce(&Value) -> bool,
        is_ours: bool,
    ) {
        let choice = &predicted["choice"];
        let fails = || format!("fails: {}", choice["error"].as_str().unwrap_or("it finds nothing"));
        let outcome = choice["method"].as_str().map_or_else(fails, str::to_owned);
        *self.outcomes.entry(outcome).or_default() += 1;
        let same = match choice["outcome"].as_str().unwrap() {
            "fails" => actual["error"].is_string(),
            "finds_nothing" => actual["key"].is_null(),
            _ => fits(choice),
        };
        if !same || is_ours != predicted["ours"].is_string() {
            let shown = case.shown();
            self.wrong.push(format!("predicted {predicted:#}\nactual {actual} (ours: {is_ours})\n{shown}"));
        }
    }

    /// Prints the figures, and fails the test if a prediction was wrong or one of these outcomes was never seen.
    pub(crate) fn finish(self, client: &str, outcomes: &[&str]) {
        let cases: u32 = self.outcomes.values().sum();
        println!(
            "{client}: {cases} combinations, {} predicted wrongly; {:#?}",
            self.wrong.len(),
            self.outcomes
        );
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n\n"));
        for outcome in outcomes {
            assert!(self.outcomes.contains_key(*outcome), "no case for {outcome}");
        }
    }
}

/// What stands at a place that was predicted: a variable's value, or a line of a file, or the file.
pub(crate) fn content(place: &Value, case: &Case) -> String {
    let file = || fs::read(case.home.join(place["file"].as_str().unwrap())).unwrap();
    match place["kind"].as_str().unwrap() {
        "variable" => case.variables[place["name"].as_str().unwrap()].clone(),
        "line" => {
            let text = String::from_utf8_lossy(&file()).into_owned();
            let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
            let line = text.split('\n').nth(line - 1).unwrap();
            line.split_once(['=', ':']).unwrap().1.trim().to_owned()
        }
        "file" => String::from_utf8(file()).unwrap(),
        "entry" => place["entry"].as_str().unwrap().to_owned(),
        "address" => place["url"].as_str().unwrap().to_owned(),
        other => panic!("what is at a {other}?"),
    }
}

/// The process that runs a client in every case.
#[derive(Debug)]
pub(crate) struct Peer {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    /// What it said first: the port of its server, and keys for cases that need one.
    pub(crate) hello: Value,
}

impl Peer {
    pub(crate) fn start(home: &Home, family: &str) -> Self {
        let mut command = clients::python(home, "which_source.py");
        command.arg(family);
        Self::talk(command)
    }

    /// The same for a client of node.
    pub(crate) fn start_javascript(home: &Home) -> Self {
        Self::talk(clients::which_source_javascript(home))
    }

    fn talk(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut peer = Self { child, output, hello: Value::Null };
        peer.hello = peer.line();
        peer
    }

    /// Where its server is.
    pub(crate) fn server(&self) -> String {
        format!("127.0.0.1:{}", self.hello["port"])
    }

    /// What the client takes in `case`.
    pub(crate) fn takes(&mut self, family: &str, case: &Case) -> Value {
        let question = json!({"family": family, "environment": case.variables});
        writeln!(self.child.stdin.as_mut().unwrap(), "{question}").unwrap();
        self.line()
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the peer said {line:?}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
