//! The daemon: the engine, and everything that may tell it something.
//!
//! It runs until it is asked to stop, by a signal or over the control socket. Files that token sources read, outputs,
//! and the config itself are watched; a config that changed replaces the logins as a whole, or not at all.

mod end;
mod keeper;
mod lock;
mod reload;
mod signals;
mod watcher;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use evercred_core::{Advice, Failure};
use tokio::sync::{mpsc, watch};

use crate::audit::Audit;
use crate::config::{Machine, Resolved};
use crate::control::{Order, Server, socket_path};
use crate::endpoints;
use crate::engine::attempt::Attempts;
use crate::engine::status::{Daemon as Identity, Status};
use crate::engine::{Command, Engine};
use crate::files::{self, Lock};
use crate::login::{Login, LoginId};
use crate::metrics::Monitors;
use crate::registry::Registry;
use crate::report::Report;
use crate::systemd::ServiceManager;
use crate::time::Clock;

pub use end::log_out;
pub use keeper::Keeper;
pub use lock::{is_running, only_one, wait_for_end};

use reload::Config;
use signals::{Signal, Signals};
use watcher::Watcher;

/// What a daemon is made of.
#[derive(Debug)]
pub struct Daemon {
    /// Both clocks.
    pub clock: Arc<dyn Clock>,
    /// The machine it runs on.
    pub machine: Machine,
    /// What a config can name.
    pub registry: Registry,
    /// What makes the attempts.
    pub attempts: Arc<Attempts>,
    /// The audit log, if there is one.
    pub audit: Option<Arc<Audit>>,
    /// Who answers monitors, if that is asked for.
    pub monitors: Option<Monitors>,
    /// Who started it, and is told how it is.
    pub manager: ServiceManager,
}

/// Why a daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Signal(&'static str),
    Asked,
}

impl Daemon {
    /// Keeps the logins of `resolved` fresh until asked to stop; gives those that it kept fresh at the end. `ready` is
    /// called once it can be talked to. Needs a runtime, and the daemon's `lock`.
    pub async fn run(
        self,
        resolved: Resolved,
        lock: &Lock,
        ready: impl FnOnce(),
    ) -> Result<Vec<Arc<Login>>, Box<Report>> {
        let _ = lock;
        let now = self.clock.now();
        self.write_variables(&resolved).await;
        let config = Config::new(&resolved, now);
        let (current, wanted) = watch::channel(resolved.logins.clone());
        let identity = Identity { pid: std::process::id(), started_at: now, config: config.status().clone() };
        let (mut engine, commands) = self.engine(resolved.logins, identity);
        let socket = socket_path(&self.machine.paths.runtime_folder);
        let (orders, desk) = mpsc::channel(16);
        let server = serve(&socket, engine.status(), orders, self.audit.clone())
            .map_err(|failure| Report::from(&failure))?;
        let (news, told) = (engine.status(), engine.status());
        let (monitors, clock) = (self.monitors.as_ref(), Arc::clone(&self.clock));
        let monitored = Monitors::serve(monitors, engine.status(), commands.clone(), clock);
        let endpoints = endpoints::serve(&self.attempts, wanted, commands.clone());
        let outbox = Outbox { commands: commands.clone(), current };
        // What changes after an attempt has read it is a change.
        let watcher = Watcher::new(config.watched().clone(), &self.machine);
        ready();
        tokio::select! {
            // The first attempts begin while the others get ready.
            biased;
            () = engine.run() => {}
            () = monitored => {}
            () = endpoints => {}
            () = server.run() => {}
            () = self.manager.inform(told, commands) => {}
            end = self.attend(config, watcher, Inbox::open(desk, news), outbox) => match end {
                End::Signal(signal) => tracing::info!(signal, "Stopping."),
                End::Asked => tracing::info!("Stopping, as asked."),
            },
        }
        self.manager.stopping().await;
        files::remove_socket(&socket);
        Ok(engine.logins())
    }

    fn engine(&self, logins: Vec<Arc<Login>>, identity: Identity) -> (Engine, mpsc::Sender<Command>) {
        let (clock, attempts) = (Arc::clone(&self.clock), Arc::clone(&self.attempts));
        Engine::new(clock, attempts, logins, identity, fastrand::f64)
    }

    /// Passes on what happens outside of the engine.
    async fn attend(
        &self,
        mut config: Config,
        mut watcher: Watcher,
        mut inbox: Inbox,
        outbox: Outbox,
    ) -> End {
        let commands = &outbox.commands;
        loop {
            tokio::select! {
                path = watcher.changed() => {
                    if config.is_in(&path) {
                        let _ = self.reload(&mut config, &mut watcher, &outbox).await;
                    }
                    let _ = commands.send(Command::Changed(path)).await;
                }
                Ok(()) = inbox.news.changed() => watcher.look(&inbox.news.borrow_and_update()),
                Some(order) = inbox.orders.recv() => match order {
                    Order::Stop => return End::Asked,
                    Order::Refresh(logins, done) => {
                        let _ = done.send(self.refresh(logins, &inbox, commands).await);
                    }
                    Order::Reload(done) => {
                        let _ = done.send(self.reload(&mut config, &mut watcher, &outbox).await);
                    }
                },
                signal = inbox.signals.next() => match signal {
                    Signal::Reload => drop(self.reload(&mut config, &mut watcher, &outbox).await),
                    Signal::Stop(name) => return End::Signal(name),
                },
            }
        }
    }

    async fn refresh(
        &self,
        logins: Vec<LoginId>,
        inbox: &Inbox,
        commands: &mpsc::Sender<Command>,
    ) -> Result<(), Box<Report>> {
        let known: BTreeSet<String> =
            inbox.news.borrow().logins.iter().map(|login| login.login.clone()).collect();
        if let Some(missing) = logins.iter().find(|id| !known.contains(&id.to_string())) {
            return Err(Report::no_login(missing, known).into());
        }
        let _ = commands.send(Command::Refresh(logins)).await;
        Ok(())
    }

    /// Writes the file of variables; that this fails is no failure of a login.
    async fn write_variables(&self, resolved: &Resolved) {
        let Some(file) = resolved.variables_file.clone() else { return };
        let publisher = files::Publisher::new(self.machine.paths.runtime_folder.join("locks"));
        let write = move || file.publish(&publisher);
        if let Ok(Err(failure)) = tokio::task::spawn_blocking(write).await {
            tracing::warn!(%failure, "The file of variables was not written.");
        }
    }

    /// Reads the config again. On mistakes, what ran before runs on.
    async fn reload(
        &self,
        config: &mut Config,
        watcher: &mut Watcher,
        outbox: &Outbox,
    ) -> Result<(), Box<Report>> {
        self.manager.reloading().await;
        let loaded = config.load(&self.registry, &self.machine).await;
        let now = self.clock.now();
        let (logins, result) = match loaded {
            Ok(resolved) => {
                self.write_variables(&resolved).await;
                config.accept(&resolved, now);
                watcher.watch(config.watched().clone(), &self.machine);
                (Some(resolved.logins), Ok(()))
            }
            Err(report) => {
                config.refuse(&report);
                (None, Err(report))
            }
        };
        let _ = outbox.commands.send(Command::Reloaded(logins.clone(), config.status().clone())).await;
        if let Some(logins) = logins {
            outbox.current.send_replace(logins);
        }
        self.manager.reloaded().await;
        result
    }
}

fn serve(
    socket: &Path,
    status: watch::Receiver<Status>,
    orders: mpsc::Sender<Order>,
    audit: Option<Arc<Audit>>,
) -> Result<Server, Failure> {
    let listener = files::listen(socket)?;
    Server::new(listener, status, orders, audit).map_err(|error| {
        Failure::new("listen at", socket.display().to_string(), Advice::RETRY).caused_by(error)
    })
}

/// Whom to tell.
struct Outbox {
    /// The engine.
    commands: mpsc::Sender<Command>,
    /// Who listens for programs, of the logins that count.
    current: watch::Sender<Vec<Arc<Login>>>,
}

/// Everything that comes from outside but changed files.
struct Inbox {
    orders: mpsc::Receiver<Order>,
    news: watch::Receiver<Status>,
    signals: Signals,
}

impl Inbox {
    fn open(orders: mpsc::Receiver<Order>, news: watch::Receiver<Status>) -> Self {
        Self { orders, news, signals: Signals::listen() }
    }
}
