//! Looking at the files, and keeping the watches where they belong.

use std::cell::OnceCell;
use std::path::PathBuf;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::UnboundedSender;

use super::content::Content;
use super::plan::{Plan, Terrain};

/// How often the way to a file may change while the watches are being set.
const MOST_ROUNDS: usize = 5;

/// The files with what they held when last seen, and the watches on them.
#[derive(Debug)]
pub(super) struct Lookout {
    files: Vec<(PathBuf, Content)>,
    paths: Vec<PathBuf>,
    terrain: Terrain,
    plan: Plan,
    events: UnboundedSender<Event>,
    watcher: OnceCell<Option<RecommendedWatcher>>,
}

impl Lookout {
    /// Remembers what the files hold now. The first [`look`](Self::look) sets the watches, which send to `events`: that
    /// takes longer than whoever is starting wants to wait.
    pub(super) fn new(paths: &[PathBuf], terrain: Terrain, events: UnboundedSender<Event>) -> Self {
        let files = paths.iter().map(|path| (path.clone(), Content::of(path))).collect();
        let (paths, plan) = (paths.to_vec(), Plan::default());
        Self { files, paths, terrain, plan, events, watcher: OnceCell::new() }
    }

    /// What is being watched.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Sets the watches anew and gives the files whose content is another than last time.
    ///
    /// The order matters: what changes after the watches are set sends an event, what changed before is seen.
    pub(super) fn look(&mut self) -> Vec<PathBuf> {
        self.set_watches();
        let mut changed = Vec::new();
        for (path, known) in &mut self.files {
            let content = Content::of(path);
            if content != *known {
                *known = content;
                changed.push(path.clone());
            }
        }
        changed
    }

    fn set_watches(&mut self) {
        let mut plan = Plan::of(&self.paths, &self.terrain);
        for _ in 0..MOST_ROUNDS {
            let complete = self.arm(&plan);
            let after = Plan::of(&self.paths, &self.terrain);
            let settled = after == plan;
            plan = after;
            if !complete {
                plan.require_ticks();
            }
            if settled {
                break;
            }
        }
        self.plan = plan;
    }

    /// Watches what `plan` says, and nothing else. Every watch is made anew: a folder of the same name may be
    /// another one by now, even with the same inode number.
    fn arm(&mut self, plan: &Plan) -> bool {
        self.watcher.get_or_init(|| watcher(self.events.clone()));
        let Some(watcher) = self.watcher.get_mut().and_then(Option::as_mut) else { return false };
        for path in self.plan.watched() {
            // The kernel may have dropped it with the folder.
            let _ = watcher.unwatch(path);
        }
        let mut complete = true;
        for path in plan.watched() {
            let _ = watcher.unwatch(path);
            if let Err(error) = watcher.watch(path, RecursiveMode::NonRecursive) {
                tracing::debug!(%error, path = %path.display(), "A folder cannot be watched.");
                complete = false;
            }
        }
        complete
    }
}

fn watcher(events: UnboundedSender<Event>) -> Option<RecommendedWatcher> {
    notify::recommended_watcher(move |event| pass_on(event, &events))
        .inspect_err(|error| {
            tracing::warn!(%error, "Files cannot be watched; they are looked at once a minute instead.");
        })
        .ok()
}

/// Sends `event` on, unless somebody only read: we do that too, and would wake ourselves for ever.
fn pass_on(event: notify::Result<Event>, events: &UnboundedSender<Event>) {
    let event = event.unwrap_or_else(|_| Event::new(EventKind::Any));
    if !matches!(event.kind, EventKind::Access(_)) {
        // Nobody listens any more while the watch is being ended.
        let _ = events.send(event);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn reading_the_files_and_setting_watches_makes_no_event_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let (token, mark) = (folder.path().join("token"), folder.path().join("mark"));
        fs::copy("/proc/self/status", &token).unwrap();
        let (sender, mut events) = mpsc::unbounded_channel();
        let mut lookout =
            Lookout::new(std::slice::from_ref(&token), Terrain::with_busy(["/", "/tmp"]), sender);
        assert_eq!(lookout.look(), Vec::<PathBuf>::new());
        fs::read(&token).unwrap();
        assert_eq!(lookout.look(), Vec::<PathBuf>::new());
        fs::create_dir(&mark).unwrap();
        assert_eq!(events.recv().await.unwrap().paths, [mark]);
    }
}
