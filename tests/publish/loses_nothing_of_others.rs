//! Programs that write a shared file without any lock, as `aws configure set` does, lose nothing by our publishes.

use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

use evercred::files::{Published, Publisher, Target};
use evercred_core::{Advice, Failure};

use crate::traced::Traced;
use crate::worker::{Order, names_in};

const PUBLISHES: usize = 600;
const THEIRS: &str = "# mine\r\n\r\n[ spaced ]\r\nkey=value\t\r\n";

#[test]
fn a_program_that_sets_its_keys_in_a_loop_loses_none() {
    let shared = Shared::with(THEIRS);
    let stop = shared.folder.path().join("stop");
    let mut program = Command::new("python3")
        .arg("-c")
        .arg(include_str!("set_in_a_loop.py"))
        .args([&shared.target.path, &stop])
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 must be installed");
    let mut output = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(output.next().as_deref(), Some("ready"));
    for rotation in 0..PUBLISHES {
        shared.publish(rotation, |_| {}).unwrap();
    }
    fs::write(stop, "").unwrap();
    let last_seen: Vec<String> = output.collect();
    assert!(program.wait().unwrap().success(), "{last_seen:?}");
    assert!(last_seen.len() > 200, "it set too few keys to prove anything: {}", last_seen.len());

    shared.publish(PUBLISHES, |_| {}).unwrap();
    let text = shared.text();
    assert!(text.starts_with(THEIRS), "{text}");
    assert_eq!(text.matches(&format!("[ours]\nrotation = {PUBLISHES}\n")).count(), 1, "{text}");
    for line in last_seen {
        assert!(text.lines().any(|found| found == line), "{line} is missing in {text}");
    }
    assert_eq!(names_in(shared.home()), ["credentials"]);
}

#[test]
fn a_change_between_reading_and_writing_is_built_upon() {
    let shared = Shared::with(THEIRS);
    let published = shared.publish(1, |path| append(path, "theirs = 1\n"));
    assert_eq!(published.unwrap(), Published::Written);
    assert_eq!(shared.text(), format!("{THEIRS}theirs = 1\n[ours]\nrotation = 1\n"));
}

#[test]
fn a_change_that_only_the_content_shows_is_found_after_the_exchange_and_built_upon() {
    let shared = Shared::with("key = 1\n");
    let published = shared.publish(1, |path| {
        let old = path.metadata().unwrap().modified().unwrap();
        fs::write(path, "key = 2\n").unwrap();
        set_modified(path, old);
    });
    assert_eq!(published.unwrap(), Published::Written);
    assert_eq!(shared.text(), "key = 2\n[ours]\nrotation = 1\n");
    assert_eq!(names_in(shared.home()), ["credentials"]);
}

#[test]
fn a_file_that_another_program_replaced_in_between_is_built_upon() {
    let shared = Shared::with(THEIRS);
    let published = shared.publish(1, |path| {
        fs::write(path.with_extension("new"), "theirs = 1\n").unwrap();
        fs::rename(path.with_extension("new"), path).unwrap();
    });
    assert_eq!(published.unwrap(), Published::Written);
    assert_eq!(shared.text(), "theirs = 1\n[ours]\nrotation = 1\n");
}

#[test]
fn a_file_that_appears_or_goes_in_between_is_no_failure() {
    let shared = Shared::with(THEIRS);
    fs::remove_file(&shared.target.path).unwrap();
    shared.publish(1, |path| fs::write(path, "theirs = 1\n").unwrap()).unwrap();
    assert_eq!(shared.text(), "theirs = 1\n[ours]\nrotation = 1\n");
    shared.publish(2, |path| fs::remove_file(path).unwrap()).unwrap();
    assert_eq!(shared.text(), "[ours]\nrotation = 2\n");
}

#[test]
fn a_program_that_has_emptied_the_file_is_waited_for() {
    let shared = Shared::with(THEIRS);
    thread::scope(|scope| {
        let file = File::create(&shared.target.path).unwrap();
        // Old enough not to look like being written: what counts is that it is open.
        set_modified(&shared.target.path, SystemTime::now() - Duration::from_secs(9));
        scope.spawn(move || write_after_a_while(file, THEIRS));
        shared.publish(1, |_| {}).unwrap();
    });
    assert_eq!(shared.text(), format!("{THEIRS}[ours]\nrotation = 1\n"));
}

#[test]
fn a_half_that_waits_for_its_writer_is_never_built_upon() {
    let shared = Shared::with(THEIRS);
    let (half, rest) = THEIRS.split_at(THEIRS.len() / 2);
    thread::scope(|scope| {
        let mut file = File::create(&shared.target.path).unwrap();
        file.write_all(half.as_bytes()).unwrap();
        set_modified(&shared.target.path, SystemTime::now() - Duration::from_secs(9));
        scope.spawn(move || write_after_a_while(file, rest));
        shared.publish(1, |path| assert_eq!(fs::read_to_string(path).unwrap(), THEIRS)).unwrap();
    });
    assert_eq!(shared.text(), format!("{THEIRS}[ours]\nrotation = 1\n"));
}

#[test]
fn a_program_that_opens_the_file_before_the_exchange_and_writes_after_it_is_waited_for() {
    let shared = Shared::with(THEIRS);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || write_after_a_while(receiver.recv().unwrap(), "late = 1\n"));
        let published = shared.publish(1, |path| {
            sender.send(OpenOptions::new().append(true).open(path).unwrap()).unwrap();
        });
        assert_eq!(published.unwrap(), Published::Written);
    });
    assert_eq!(shared.text(), format!("{THEIRS}late = 1\n[ours]\nrotation = 1\n"));
}

#[test]
fn a_program_that_never_closes_the_file_is_named_and_nothing_is_written() {
    let shared = Shared::with("");
    let held = OpenOptions::new().append(true).open(&shared.target.path).unwrap();
    let failure = shared.publish(1, |_| {}).unwrap_err();
    drop(held);
    assert_eq!(failure.advice(), Advice::RETRY);
    assert!(failure.to_string().contains(&format!("(process {})", std::process::id())), "{failure}");
    assert_eq!(shared.text(), "");
    assert_eq!(names_in(shared.home()), ["credentials"]);
}

#[test]
fn an_empty_file_that_nobody_has_open_is_written() {
    let shared = Shared::with("");
    assert_eq!(shared.publish(1, |_| {}).unwrap(), Published::Written);
    assert_eq!(shared.text(), "[ours]\nrotation = 1\n");
}

#[test]
fn a_file_system_without_exchange_is_written_all_the_same() {
    for inject in ["renameat2:error=EINVAL", "renameat2:error=ENOSYS"] {
        let shared = Shared::with("old");
        let lock_folder = shared.folder.path().join("locks");
        let order = Order { lock_folder, target: shared.target.clone(), line: "new".to_owned(), times: 1 };
        let (result, log) = Traced::start(Some(inject), shared.folder.path().join("log")).publish(&order);
        assert!(log.contains("INJECTED"), "{log}");
        assert_eq!(result.as_deref(), Some("Written"));
        assert_eq!(shared.text(), "new\n");
    }
}

/// A shared file, and our own section in it.
struct Shared {
    folder: tempfile::TempDir,
    target: Target,
}

impl Shared {
    fn with(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("home/credentials");
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        Self { folder, target: Target::shared(path, 0o600) }
    }

    /// Publishes our section; `meanwhile` happens once, after the file was read.
    fn publish(&self, rotation: usize, meanwhile: impl FnOnce(&Path)) -> Result<Published, Failure> {
        let mut meanwhile = Some(meanwhile);
        Publisher::new(self.folder.path().join("locks")).publish(&self.target, &mut |current| {
            if let Some(meanwhile) = meanwhile.take() {
                meanwhile(&self.target.path);
            }
            Ok(with_our_section(current.unwrap_or_default(), rotation))
        })
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.target.path).unwrap()
    }

    fn home(&self) -> &Path {
        self.target.path.parent().unwrap()
    }
}

fn with_our_section(current: &[u8], rotation: usize) -> Vec<u8> {
    let text = str::from_utf8(current).unwrap();
    let section = format!("[ours]\nrotation = {rotation}\n");
    let Some((before, rest)) = text.split_once("[ours]\nrotation = ") else {
        return format!("{text}{section}").into_bytes();
    };
    let (_, after) = rest.split_once('\n').unwrap();
    format!("{before}{section}{after}").into_bytes()
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

fn set_modified(path: &Path, time: SystemTime) {
    let times = FileTimes::new().set_modified(time);
    OpenOptions::new().append(true).open(path).unwrap().set_times(times).unwrap();
}

/// Long enough that a publish that does not wait has ended before.
fn write_after_a_while(mut file: File, text: &str) {
    thread::sleep(Duration::from_millis(300));
    file.write_all(text.as_bytes()).unwrap();
}
