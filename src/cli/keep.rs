//! The keeper of a command that `evercred exec` has started: it keeps the command's logins fresh until that ends.
//!
//! It is no child of the command's, which may wait for all of its children, and no member of its session, whose terminal
//! and signals are none of its business; it looks on from beside, by a descriptor of the process (`pidfd_open(2)`) that
//! cannot mean another one. It tells the command's predecessor how the logins are, in the form in which the daemon tells
//! it, and goes on in silence when that has become the command.
//!
//! It has neither the daemon's lock nor its socket, because it keeps some logins only: `evercred up` starts a daemon beside
//! it, and the two find each other's work done by lock and record.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::sync::Arc;
use std::time::SystemTime;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch;

use crate::config::Resolved;
use crate::control::{Answer, Watch};
use crate::daemon::Keeper;
use crate::engine::attempt::Attempts;
use crate::engine::status::{ConfigStatus, Daemon as Identity, Status};
use crate::events::Observer;
use crate::exit::Exit;
use crate::files;
use crate::hooks::SignalName;
use crate::login::{Login, LoginId};
use crate::report::Report;

use super::Global;
use super::app::{App, LAST_WORDS, runtime};
use super::exec::{self, Plan};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The process
    #[arg(long, value_name = "PID")]
    of: u32,
    /// Whether it stands beside that process already, rather than below it
    #[arg(long)]
    pub(super) detached: bool,
    /// What to do to it when a credential was replaced
    #[arg(long, value_name = "WHAT", default_value = "none")]
    on_rotation: OnRotation,
    /// The logins
    #[arg(value_name = "LOGIN", required = true)]
    logins: Vec<LoginId>,
}

/// What a command is told when one of its credentials was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OnRotation(Option<SignalName>);

impl OnRotation {
    pub(super) fn is_wanted(self) -> bool {
        self.0.is_some()
    }

    fn word(self) -> String {
        self.0.map_or_else(|| "none".to_owned(), |signal| format!("signal={signal}"))
    }
}

impl FromStr for OnRotation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let name = text.strip_prefix("signal=").map(|name| name.strip_prefix("SIG").unwrap_or(name));
        let signal = name.and_then(|name| serde_json::from_value(name.into()).ok());
        signal.map(|signal| Self(Some(signal))).ok_or_else(|| {
            format!("{text:?} is neither \"none\" nor a signal that asks a program for something, like \"signal=HUP\"")
        })
    }
}

/// Starts the keeper of this process and what becomes of it; gives its news.
pub(super) fn start(
    app: &App,
    plan: &Plan,
    on_rotation: OnRotation,
    (config, global): (&Path, &Global),
) -> Result<Watch, Box<Report>> {
    let (ours, theirs) = exec::pair()?;
    let mut command = Command::new(&app.machine.program);
    command.arg("--config").arg(config).args(global.log.iter().flat_map(|filter| ["--log", filter]));
    command.arg("--log-format").arg(global.log_format.word()).arg("keep");
    command.args(["--of", &std::process::id().to_string(), "--on-rotation", &on_rotation.word()]);
    command.args(plan.names().map(ToString::to_string));
    command.stdin(Stdio::null()).stdout(theirs).stderr(Stdio::null());
    let status = command.status().map_err(|error| not_started(&error))?;
    drop(command);
    if status.success() {
        Ok(Watch::over(ours))
    } else {
        Err(not_started(&io::Error::other("it failed")).into())
    }
}

/// Starts it once more, and ends: so it is nobody's child.
pub(super) fn detach() -> super::Outcome {
    let mut command = Command::new(crate::config::program());
    command.args(std::env::args_os().skip(1)).arg("--detached");
    command.spawn().map_err(|error| not_started(&error))?;
    Ok(Exit::Fresh)
}

fn not_started(error: &io::Error) -> Report {
    let error =
        io::Error::other(format!("what keeps the logins fresh beside the command does not start: {error}"));
    Report::new(&error, Some("Start \"evercred up\" first; then nothing has to.".to_owned()), Exit::Failed)
}

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    let kept = keep(app, arguments);
    if let Err(report) = &kept {
        tell(&Answer::Failed((**report).clone()));
    }
    kept.map(|()| Exit::Fresh)
}

fn keep(app: &App, arguments: &Arguments) -> Result<(), Box<Report>> {
    let failed = |error: io::Error| Box::new(Report::new(&error, None, Exit::Failed));
    // Only a process that leads its group may not do this, and it was started as none.
    let _ = rustix::process::setsid();
    std::env::set_current_dir("/").map_err(failed)?;
    let process = i32::try_from(arguments.of).ok().and_then(Pid::from_raw);
    let process = process.ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let process = pidfd_open(process, PidfdFlags::empty()).map_err(|error| failed(error.into()))?;
    let resolved = app.resolved()?;
    let plan = Plan::of(app, &resolved, &arguments.logins, arguments.of)?;
    clear_away(&app.machine.paths.runtime_folder);
    let machinery = runtime()?;
    let kept = machinery.block_on(beside(app, &resolved, &plan, (process, arguments.on_rotation)));
    machinery.shutdown_timeout(LAST_WORDS);
    files::remove_folder(plan.folder());
    kept.map_err(failed)
}

/// Keeps the logins fresh until the process has ended.
async fn beside(
    app: &App,
    resolved: &Resolved,
    plan: &Plan,
    (process, on_rotation): (OwnedFd, OnRotation),
) -> io::Result<()> {
    let audit = app.audit(&resolved.services).map(|audit| audit as Arc<dyn Observer>);
    let (shared, private) = plan.split();
    let shared = keeper(app, resolved, app.attempts_holding(Login::is_asked_for, audit.clone()), shared);
    let private = keeper(app, resolved, app.attempts_in(plan.folder(), audit), private);
    let news = [&shared, &private].map(|keeper| keeper.as_ref().map(Keeper::status));
    #[expect(deprecated, reason = "an OwnedFd keeps its descriptor open, which is all that is asked for")]
    let process = AsyncFd::with_interest(process, Interest::READABLE)?;
    tokio::select! {
        _ = process.readable() => {}
        () = kept(shared) => {}
        () = kept(private) => {}
        never = report(app, plan, news, (&process, on_rotation)) => match never {},
    }
    Ok(())
}

/// One for these logins, if there are any.
fn keeper(
    app: &App,
    resolved: &Resolved,
    attempts: Arc<Attempts>,
    logins: Vec<Arc<Login>>,
) -> Option<Keeper> {
    let now = app.clock.now();
    let config = ConfigStatus { file: resolved.file.clone(), loaded_at: now, problems: Vec::new() };
    let identity = Identity { pid: std::process::id(), started_at: now, config };
    let clock = Arc::clone(&app.clock);
    (!logins.is_empty()).then(|| Keeper::new(clock, attempts, &app.machine, logins, identity))
}

async fn kept(keeper: Option<Keeper>) {
    match keeper {
        Some(keeper) => keeper.run().await,
        None => pending().await,
    }
}

/// Tells how the logins are, as long as somebody listens; after that, the command of what changed.
async fn report(
    app: &App,
    plan: &Plan,
    mut news: [Option<watch::Receiver<Status>>; 2],
    (process, on_rotation): (&AsyncFd<OwnedFd>, OnRotation),
) -> Infallible {
    let mut known = obtained(app, plan);
    loop {
        let has_begun = !tell(&Answer::Status(together(&mut news)));
        let now = obtained(app, plan);
        if has_begun && let (Some(signal), true) = (on_rotation.0, now != known) {
            // It may have ended at this instant, which is noticed elsewhere.
            let _ = pidfd_send_signal(process.get_ref(), signal.signal());
        }
        known = now;
        let [shared, private] = &mut news;
        tokio::select! {
            () = changed(shared) => {}
            () = changed(private) => {}
        }
    }
}

async fn changed(news: &mut Option<watch::Receiver<Status>>) {
    let has_changed = match news {
        Some(news) => news.changed().await.is_ok(),
        None => false,
    };
    if !has_changed {
        pending::<()>().await;
    }
}

/// How all of them are.
fn together(news: &mut [Option<watch::Receiver<Status>>; 2]) -> Status {
    let mut all =
        Status { version: Status::VERSION, at: SystemTime::UNIX_EPOCH, daemon: None, logins: Vec::new() };
    for one in news.iter_mut().flatten() {
        let status = one.borrow_and_update();
        all.at = all.at.max(status.at);
        all.logins.extend(status.logins.iter().cloned());
    }
    all
}

/// When each credential that is published was first received: what is kept alive by renewals is the same one.
fn obtained(app: &App, plan: &Plan) -> BTreeMap<LoginId, Option<SystemTime>> {
    let (shared, private) = plan.split();
    let own = app.records_in(plan.folder());
    let of_shared = shared.iter().map(|login| (login, app.records()));
    let all = of_shared.chain(private.iter().map(|login| (login, own.clone())));
    all.map(|(login, records)| (login.id.clone(), records.last(login).map(|held| held.obtained_at))).collect()
}

/// Says whether anybody listens.
fn tell(answer: &Answer) -> bool {
    let mut line = serde_json::to_vec(answer).unwrap_or_default();
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line).and_then(|()| stdout.flush()).is_ok()
}

/// Removes what keepers left that were killed.
fn clear_away(runtime_folder: &Path) {
    let folders =
        std::fs::read_dir(exec::folder(runtime_folder)).into_iter().flatten().filter_map(Result::ok);
    let is_over = |folder: &PathBuf| {
        let pid = folder.file_name().and_then(|name| Pid::from_raw(name.to_str()?.parse().ok()?));
        pid.is_some_and(|pid| matches!(pidfd_open(pid, PidfdFlags::empty()), Err(Errno::SRCH)))
    };
    folders.map(|entry| entry.path()).filter(is_over).for_each(|folder| files::remove_folder(&folder));
}
