//! The thread that writes lines, so that nobody waits for a disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use super::Settings;
use crate::files::BoundedLog;

/// So many lines may wait for the disk.
const WAITING: usize = 4096;
/// How long the end of the program waits for the last lines.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Hands lines to the thread; ends it when dropped.
#[derive(Debug)]
pub(super) struct Writer {
    lines: Option<SyncSender<Vec<u8>>>,
    lost: Arc<AtomicU64>,
    /// Says nothing, and ends with the thread.
    end: std::sync::Mutex<Receiver<()>>,
}

impl Writer {
    /// The file is opened with its first line: a program that writes none makes none.
    pub(super) fn start(settings: &Settings) -> Self {
        let (lines, waiting) = sync_channel(WAITING);
        let (alive, end) = channel();
        let (settings, lost) = (settings.clone(), Arc::<AtomicU64>::default());
        let losses = Arc::clone(&lost);
        let thread = thread::Builder::new().name("audit".to_owned());
        if let Err(error) = thread.spawn(move || write_all(&settings, &waiting, &losses, &alive)) {
            tracing::error!(%error, "The audit log is not written: no thread could be started for it.");
        }
        Self { lines: Some(lines), lost, end: std::sync::Mutex::new(end) }
    }

    pub(super) fn write(&self, line: Vec<u8>) {
        let sent = self.lines.as_ref().is_some_and(|lines| lines.try_send(line).is_ok());
        if !sent {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Ok(end) = self.end.get_mut() {
            let _ = end.recv_timeout(LAST_WORDS);
        }
    }
}

fn write_all(settings: &Settings, lines: &Receiver<Vec<u8>>, lost: &AtomicU64, alive: &Sender<()>) {
    let _ = alive;
    let mut log = None;
    for line in lines {
        let before = lost.swap(0, Ordering::Relaxed);
        match append(&mut log, settings, &line) {
            Ok(()) if before == 0 => {}
            Ok(()) => {
                tracing::error!(lost = before, "Lines of the audit log were lost; it is written again.");
            }
            Err(why) => {
                // Said once for each time that it goes wrong, not for each line.
                if before == 0 {
                    let path = settings.path.display();
                    tracing::error!(%path, why, "The audit log cannot be written; logins stay fresh.");
                }
                lost.fetch_add(before + 1, Ordering::Relaxed);
                log = None;
            }
        }
    }
}

fn append(log: &mut Option<BoundedLog>, settings: &Settings, line: &[u8]) -> Result<(), String> {
    let log = match log {
        Some(log) => log,
        None => log
            .insert(BoundedLog::open(&settings.path, settings.limit).map_err(|failure| failure.to_string())?),
    };
    log.append(line).map_err(|error| error.to_string())
}
