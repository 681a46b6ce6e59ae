//! Job control: a command in `exec` at a terminal, as somebody who types sees it.

use std::io::Write as _;
use std::process::{Child, ChildStdin, Stdio};

use evercred_test_support::{clients, until};
use serde_json::{Value, json};

use super::processes::keepers;
use super::rig::{LIMIT, Rig};

#[test]
fn ctrl_c_and_ctrl_z_and_fg_mean_what_they_mean_in_a_shell() {
    let rig = Rig::new("");
    let mut terminal = Terminal::start(&rig);
    terminal.type_line("evercred exec aws.default -- sh -c 'echo be\"\"gun; exec sleep 100'");
    terminal.until("begun");
    terminal.keys("\u{1a}");
    terminal.until("Stopped");
    terminal.type_line("echo stop=$?; jobs");
    assert!(terminal.until("stop=148[\\s\\S]*Stopped[\\s\\S]*ready> ").contains("evercred exec"));
    terminal.type_line("fg");
    terminal.until("fg\\r?\\nevercred exec.*sleep 100");
    terminal.order(&json!({"job": true}));
    terminal.keys("\u{3}");
    // What is typed before the prompt goes with the interrupted command.
    terminal.until("\\^C[\\s\\S]*ready> ");
    terminal.type_line("echo code=$?");
    terminal.until("code=130");
    until("the end of the keeper", LIMIT, || keepers(&rig.home).is_empty().then_some(()));
}

#[test]
fn a_command_reads_from_the_terminal_and_knows_its_size() {
    let rig = Rig::new("");
    let mut terminal = Terminal::start(&rig);
    terminal.type_line("stty rows 33 cols 111");
    terminal.type_line("evercred exec aws.default -- sh -c 'stty size; read line; echo got:$line; tty'");
    terminal.until("33 111");
    terminal.type_line("hello");
    terminal.until("got:hello[\\s\\S]*/dev/pts/");
    terminal.type_line("evercred exec aws.default -- bash --norc --noediting");
    terminal.type_line("echo $EVERCRED_EXEC:$AWS_PROFILE");
    terminal.until("aws.default:default");
    terminal.type_line("sh -c 'echo sl\"\"eeping; exec sleep 100'");
    terminal.until("sleeping\\r?\\n");
    terminal.keys("\u{3}");
    terminal.until("\\^C[\\s\\S]*ready> ");
    terminal.type_line("echo inner=$?; exit 5");
    terminal.until("inner=130[\\s\\S]*exit[\\s\\S]*ready> ");
    terminal.type_line("echo outer=$?");
    terminal.until("outer=5");
}

#[test]
fn a_terminal_that_is_closed_ends_the_command_and_its_keeper() {
    let rig = Rig::new("");
    let mut terminal = Terminal::start(&rig);
    terminal.type_line("evercred exec aws.default -- sh -c 'trap \"echo gone > hup; exit\" HUP; echo be\"\"gun; while :; do sleep 0.1; done'");
    terminal.until("begun");
    assert_eq!(keepers(&rig.home).len(), 1);
    terminal.order(&json!({"close": true}));
    until("the hang-up", LIMIT, || rig.home.read("hup"));
    until("the end of the keeper", LIMIT, || keepers(&rig.home).is_empty().then_some(()));
}

/// A bash at a terminal.
struct Terminal {
    child: Child,
    stdin: ChildStdin,
    answers: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
}

impl Terminal {
    fn start(rig: &Rig) -> Self {
        let mut person = clients::python(&rig.home, "terminal.py");
        let folder = evercred_test_support::program().parent().unwrap().to_owned();
        let path = person.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap().to_owned();
        let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&path))).unwrap();
        person
            .args(["bash", "--norc", "--noediting", "-i"])
            .env("PATH", path)
            .env("TERM", "dumb")
            .env("PS1", "ready> ");
        let mut child = person.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, stdin, answers: std::io::BufRead::lines(std::io::BufReader::new(stdout)) }
    }

    fn order(&mut self, order: &Value) -> Value {
        writeln!(self.stdin, "{order}").unwrap();
        serde_json::from_str(&self.answers.next().expect("it waited in vain, and said so").unwrap()).unwrap()
    }

    fn keys(&mut self, keys: &str) {
        self.order(&json!({ "type": keys }));
    }

    fn type_line(&mut self, line: &str) {
        self.keys(&format!("{line}\n"));
    }

    fn until(&mut self, pattern: &str) -> String {
        self.order(&json!({ "until": pattern }))["shown"].as_str().unwrap().to_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
