//! `evercred run`: keep all logins fresh until stopped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use crate::engine::status::{Daemon, Status};
use crate::engine::{Command, Engine};
use crate::exit::Exit;
use crate::files::{self, Lock, Publisher};
use crate::login::Login;
use crate::report::Report;
use crate::sources::watch::watch as watch_files;
use crate::systemd::{Ready, ServiceManager};

use super::app::{App, runtime};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// When to tell systemd that the service is ready (`Type=notify`)
    #[arg(long, value_name = "WHEN", default_value = "fresh")]
    ready: Ready,
}

/// Where the daemon writes down its status.
pub(super) fn status_path(runtime_folder: &Path) -> PathBuf {
    runtime_folder.join("status.json")
}

/// Whether a daemon holds its lock.
pub(super) fn daemon_is_running(runtime_folder: &Path) -> bool {
    let path = lock_path(runtime_folder);
    path.exists() && matches!(files::try_lock(&path), Ok(None))
}

fn lock_path(runtime_folder: &Path) -> PathBuf {
    runtime_folder.join("daemon.lock")
}

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    let logins = app.resolved()?.logins;
    let runtime_folder = &app.machine.paths.runtime_folder;
    let _lock = only_one(runtime_folder)?;
    let watched: BTreeSet<PathBuf> = logins.iter().flat_map(files_of).collect();
    let daemon = Daemon { pid: std::process::id(), started_at: app.clock.now() };
    let (engine, commands) =
        Engine::new(Arc::clone(&app.clock), app.attempts(), logins, daemon, fastrand::f64);
    let manager = ServiceManager::of(app.environment(), std::process::id());
    let runtime = runtime()?;
    runtime.block_on(async {
        let (status, news, told) = (engine.status(), engine.status(), engine.status());
        tokio::select! {
            () = engine.run() => {}
            () = write_down(status, app.publisher(), status_path(runtime_folder)) => {}
            () = manager.inform(told, commands.clone(), arguments.ready) => {}
            () = pass_on_changes(app, watched, news, commands) => {}
            signal = stopped() => tracing::info!(signal, "Stopping; the outputs stay as they are."),
        }
        manager.stopping().await;
    });
    // Files are whole at every instant, so nothing that still writes, or hangs on a dead file system, is waited for
    // for long.
    runtime.shutdown_timeout(LAST_WORDS);
    Ok(Exit::Fresh)
}

/// Time for file work under way when the daemon stops.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// The files that somebody else may change: the token source's and the outputs'.
fn files_of(login: &Login) -> Vec<PathBuf> {
    let outputs = login.outputs.iter().map(|output| output.target().path.as_path());
    login.source.watched().into_iter().chain(outputs).map(Path::to_owned).collect()
}

/// The daemon's lock: two daemons on one state would do everything twice.
///
/// It is tried several times, because [`daemon_is_running`] of another process takes it for an instant.
fn only_one(runtime_folder: &Path) -> Result<Lock, Box<Report>> {
    let mut lock = None;
    for _ in 0..PROBES {
        lock = files::try_lock(&lock_path(runtime_folder)).map_err(|failure| Report::from(&failure))?;
        if lock.is_some() {
            break;
        }
        rest();
    }
    lock.ok_or_else(|| {
        let error =
            std::io::Error::other(format!("another evercred runs already ({})", runtime_folder.display()));
        let hint = "See \"evercred status\"; stop that one first, or set EVERCRED_RUNTIME_DIR for a second.";
        Report::new(&error, Some(hint.to_owned()), Exit::Failed).into()
    })
}

/// More than any number of `evercred status` that ask at the same instant.
const PROBES: usize = 10;

#[expect(clippy::disallowed_methods, reason = "nothing else runs yet, and an instant is all it takes")]
fn rest() {
    std::thread::sleep(Duration::from_millis(5));
}

/// Keeps the status file true.
async fn write_down(mut status: watch::Receiver<Status>, publisher: Publisher, path: PathBuf) {
    loop {
        let text = serde_json::to_vec(&*status.borrow_and_update()).unwrap_or_default();
        let (publisher, to) = (publisher.clone(), path.clone());
        let written = tokio::task::spawn_blocking(move || publisher.update_private(&to, &text)).await;
        if let Ok(Err(failure)) = written {
            tracing::warn!(%failure, "The status could not be written down.");
        }
        if status.changed().await.is_err() {
            return;
        }
    }
}

/// Tells the engine when a token file or an output has changed. Never ends: the engine lives as long as somebody may
/// command it.
async fn pass_on_changes(
    app: &App,
    watched: BTreeSet<PathBuf>,
    mut news: watch::Receiver<Status>,
    commands: mpsc::Sender<Command>,
) {
    if watched.is_empty() {
        return std::future::pending().await;
    }
    let watched: Vec<PathBuf> = watched.into_iter().collect();
    let (watch, mut changes) = watch_files(&watched, app.environment());
    let mut published = Vec::new();
    loop {
        tokio::select! {
            Some(path) = changes.recv() => { let _ = commands.send(Command::Changed(path)).await; }
            Ok(()) = news.changed() => {
                let now: Vec<_> = news.borrow_and_update().logins.iter().map(|login| login.issued_at).collect();
                // A first publish makes folders that could not be watched before.
                if now != published {
                    watch.look();
                    published = now;
                }
            }
            else => return std::future::pending().await,
        }
    }
}

/// Waits for a signal that asks to stop; says which.
async fn stopped() -> &'static str {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
