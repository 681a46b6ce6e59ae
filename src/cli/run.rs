//! `evercred run`: keep all logins fresh until stopped.

use std::io::Write as _;
use std::sync::Arc;

use crate::daemon::{self, Daemon};
use crate::engine::attempt::Attempts;
use crate::events::Observer;
use crate::exit::Exit;
use crate::login::Login;
use crate::metrics::Monitors;
use crate::report::Report;
use crate::systemd::{Ready, ServiceManager};

use super::app::{App, LAST_WORDS, runtime};

#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Arguments {
    /// Leave the terminal, log to the log file, and say on stdout when it can be talked to; `up` starts it so
    #[arg(long, hide = true)]
    pub(super) background: bool,
    /// When to tell systemd that the service is ready (`Type=notify`)
    #[arg(long, value_name = "WHEN", default_value = "fresh")]
    ready: Ready,
}

/// What a daemon in the background says when it can be talked to.
pub(super) const READY: &str = "ready\n";

pub(super) fn run(app: App, arguments: Arguments) -> super::Outcome {
    if arguments.background {
        // Only a process that leads its group may not do this, and `up` starts it as none.
        let _ = rustix::process::setsid();
    }
    let resolved = app.resolved()?;
    let lock = daemon::only_one(&app.machine.paths.runtime_folder)?;
    let machinery = runtime()?;
    let audit = app.audit(&resolved.services);
    let monitors = resolved.services.metrics.clone().map(Monitors::new);
    let counting = monitors.as_ref().map(Monitors::observer);
    let observers = audit.clone().map(|audit| audit as Arc<dyn Observer>).into_iter().chain(counting);
    let attempts = app.attempts_holding(Login::is_asked_for, observers);
    let environment = &app.machine.build.surroundings.environment;
    let manager = if arguments.background {
        // `up` may be called in another service of systemd's, which is not ours to speak for.
        ServiceManager::none()
    } else {
        ServiceManager::of(environment, std::process::id(), arguments.ready)
    };
    let App { clock, machine, registry, .. } = app;
    let daemon =
        Daemon { clock, machine, registry, attempts: Arc::clone(&attempts), audit, monitors, manager };
    let ready = || {
        if arguments.background {
            say_ready();
        }
    };
    let logins = machinery.block_on(daemon.run(resolved, &lock, ready))?;
    // Files are whole at every instant, so nothing that still writes, or hangs on a dead file system, is waited for
    // for long.
    machinery.shutdown_timeout(LAST_WORDS);
    end(&attempts, logins)?;
    Ok(Exit::Fresh)
}

/// Nothing else is under way any more, so nothing can log in again.
fn end(attempts: &Arc<Attempts>, mut logins: Vec<Arc<Login>>) -> Result<(), Box<Report>> {
    logins.retain(|login| login.provider().ends_on_exit());
    if !logins.is_empty() {
        let machinery = runtime()?;
        machinery.block_on(daemon::log_out(attempts, logins));
        machinery.shutdown_timeout(LAST_WORDS);
    }
    Ok(())
}

/// Tells `up`, and lets go of what it is connected by: nobody reads there any more.
fn say_ready() {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(READY.as_bytes()).and_then(|()| stdout.flush());
    if let Ok(nowhere) = rustix::fs::open("/dev/null", rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty()) {
        let _ = rustix::stdio::dup2_stdout(&nowhere);
        let _ = rustix::stdio::dup2_stderr(&nowhere);
    }
}
