//! Noticing that the content of a file has changed, however it was replaced: written in place, renamed over,
//! deleted, or reached through a link that turned (as Kubernetes does it).
//!
//! Folders are watched, not files, because a watch on a file dies with the first replacement; only where a folder
//! is too busy to watch (home, temporary files) is the file itself watched, and again after each change. What
//! counts in the end is a hash of the content, so nobody wakes for nothing. Where a file system sends no events
//! (a network one), or nothing can be watched, the content is looked at once a minute; elsewhere an idle watcher
//! never runs.
//!
//! Left out: a folder further up than the file's own that is renamed away; that is noticed with the next event.

mod content;
mod look;
mod plan;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use evercred_core::Environment;
use notify::Event;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::look::Lookout;
use self::plan::{Plan, Terrain};

/// A file is written in several steps; it is looked at when nothing has happened for so long,
const QUIET: Duration = Duration::from_millis(100);
/// or at the latest after so long.
const LATEST: Duration = Duration::from_secs(1);
/// How often the content is looked at where no events come.
const TICK: Duration = Duration::from_mins(1);

/// Keeps a watch going; dropping it ends it.
#[derive(Debug)]
#[must_use = "dropping it ends the watch"]
pub struct Guard {
    task: JoinHandle<()>,
    sign: Arc<Notify>,
}

impl Guard {
    /// Says that some of the files, or the folders on the way to them, may have been made just now. Where no event
    /// would tell, they are looked at at once rather than within a minute.
    pub fn look(&self) {
        self.sign.notify_one();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Watches the files at `paths`, which are absolute, whether they exist or not. What they hold now is remembered; each file
/// whose content is another later, or that came or went, is sent. Needs a runtime, and does not wait for the watches to be
/// set: what happens before they are is seen when they are.
pub fn watch(paths: &[PathBuf], environment: &Environment) -> (Guard, mpsc::Receiver<PathBuf>) {
    watch_in(paths, Terrain::of(environment), TICK)
}

fn watch_in(paths: &[PathBuf], terrain: Terrain, tick: Duration) -> (Guard, mpsc::Receiver<PathBuf>) {
    let (event_sender, events) = mpsc::unbounded_channel();
    let (sender, receiver) = mpsc::channel(16);
    let lookout = Lookout::new(paths, terrain, event_sender);
    let sign = Arc::new(Notify::new());
    let rouser = Rouser { tick, sign: Arc::clone(&sign) };
    (Guard { task: tokio::spawn(attend(lookout, events, sender, rouser)), sign }, receiver)
}

/// What makes the watcher look where no events come.
struct Rouser {
    tick: Duration,
    sign: Arc<Notify>,
}

type Events = mpsc::UnboundedReceiver<Event>;

async fn attend(mut lookout: Lookout, mut events: Events, sender: mpsc::Sender<PathBuf>, rouser: Rouser) {
    // Setting watches takes a thread and many calls, and who watches has just begun with something more urgent. What changes
    // meanwhile is seen no later than if it had been announced.
    tokio::time::sleep(QUIET).await;
    loop {
        // Reading may hang on a dead file system; that must not hold up anybody else.
        let looked = tokio::task::spawn_blocking(move || {
            let changed = lookout.look();
            (lookout, changed)
        });
        let Ok((back, changed)) = looked.await else { return };
        lookout = back;
        for path in changed {
            if sender.send(path).await.is_err() {
                return;
            }
        }
        wait(&mut events, lookout.plan(), &rouser).await;
        settle(&mut events, lookout.plan()).await;
    }
}

/// Until something happened that may concern our files, or it is time to look without a sign.
async fn wait(events: &mut Events, plan: &Plan, rouser: &Rouser) {
    if plan.needs_ticks() {
        tokio::select! {
            () = concerning(events, plan) => {}
            () = rouser.sign.notified() => {}
            () = tokio::time::sleep(rouser.tick) => {}
        }
    } else {
        concerning(events, plan).await;
    }
}

/// Until nothing has happened for a while.
async fn settle(events: &mut Events, plan: &Plan) {
    let latest = Instant::now() + LATEST;
    while Instant::now() < latest {
        if tokio::time::timeout(QUIET, concerning(events, plan)).await.is_err() {
            return;
        }
    }
}

async fn concerning(events: &mut Events, plan: &Plan) {
    loop {
        match events.recv().await {
            Some(event) if plan.is_concerned(&event) => return,
            Some(_) => {}
            // There is no watcher; the ticks are all there is.
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests;
