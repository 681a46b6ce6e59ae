//! A look at every process while evercred runs: its arguments and its environment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::canaries::Canaries;

/// Looks until it is dropped.
#[derive(Debug)]
pub(crate) struct Witness {
    seen: Arc<Mutex<Seen>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// By process id and arguments: the environment.
type Seen = BTreeMap<(u32, String), String>;

/// Between two looks. A process that must not be missed waits until it was seen.
const PAUSE: Duration = Duration::from_millis(5);

impl Witness {
    /// Puts a file named like the process id into `folder` for each process it has looked at that is below `home`.
    pub(crate) fn start(home: PathBuf, folder: PathBuf) -> Self {
        let (seen, over) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        let (noted, end) = (Arc::clone(&seen), Arc::clone(&over));
        let thread = thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                look(&home, &folder, &noted);
                thread::sleep(PAUSE);
            }
        });
        Self { seen, over, thread: Some(thread) }
    }

    /// Fails the test if one of these programs was never seen: then nothing would be proved.
    pub(crate) fn assert_saw(&self, programs: &[&str]) {
        let seen = self.seen.lock().unwrap();
        for program in programs {
            let saw = seen.keys().any(|(_, arguments)| arguments.contains(program));
            assert!(saw, "{program} was never seen, so nothing was proved");
        }
    }

    /// Fails the test if a process had a canary among its arguments, or in its environment one that is not among
    /// `given`: what the user put there.
    pub(crate) fn assert_saw_nothing_of(&self, canaries: &Canaries, given: &Canaries) {
        let seen = self.seen.lock().unwrap();
        for ((id, arguments), environment) in seen.iter() {
            canaries.assert_absent_from(&format!("the command line of {id}"), arguments);
            canaries
                .without(given)
                .assert_absent_from(&format!("the environment of {arguments}"), environment);
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn look(home: &Path, folder: &Path, seen: &Mutex<Seen>) {
    for entry in fs::read_dir("/proc").unwrap().map_while(Result::ok) {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let (arguments, environment) = (words(&read("cmdline")), words(&read("environ")));
        // Other processes of this machine are none of this test's business, unless evercred started them.
        if ![&arguments, &environment].into_iter().any(|text| text.contains(home.to_str().unwrap())) {
            continue;
        }
        seen.lock().unwrap().insert((id, arguments), environment);
        let _ = fs::write(folder.join(id.to_string()), "");
    }
}

/// The kernel ends each word with a zero byte.
fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\n")
}
