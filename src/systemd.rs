//! Telling systemd how we are, as a service of `Type=notify`
//! ([`sd_notify(3)`](https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html)).
//!
//! What it promises: READY when every login is fresh (or when started, if asked so), so that what is ordered after us
//! finds credentials; one line of STATUS that is true; and a heartbeat that is the engine's own. Each beat asks the
//! engine's loop for an answer first, so an engine that is stuck stops the beat, and systemd starts us anew. Until we
//! are ready the same beat prolongs systemd's time limit for the start: a login that is blocked for a day is no reason
//! to be killed, an engine that is stuck is one. (systemd forgets what was prolonged when it reads its units again,
//! `daemon-reload`, so the units start with a long limit.) Where no watchdog is configured there is no beat and no timer.
//!
//! The protocol is a datagram of text, so that it is written here: the crate for it reads the environment by itself.
//! What is left out: managers of virtual machines, which listen on a vsock, and handing over sockets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use evercred_core::Environment;
use tokio::sync::{mpsc, oneshot, watch};

use crate::engine::Command;
use crate::engine::state::Phase;
use crate::engine::status::Status;
use crate::time::monotonic;

pub mod install;
mod socket;
mod summary;
pub mod units;

use socket::Socket;

/// When the service manager is told that we are ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Ready {
    /// When every login is fresh
    Fresh,
    /// As soon as the engine runs
    Started,
}

/// The service manager, if there is one that wants to be told.
#[derive(Debug)]
pub struct ServiceManager {
    socket: Option<Socket>,
    watchdog: Option<Duration>,
    when: Ready,
    ready: AtomicBool,
}

impl ServiceManager {
    /// The one that started the process `pid` with these variables; it hears of us `when` we are ready.
    pub fn of(environment: &Environment, pid: u32, when: Ready) -> Self {
        let socket = environment.get("NOTIFY_SOCKET").and_then(Socket::at);
        let watchdog = watchdog(environment, pid).filter(|_| socket.is_some());
        Self { socket, watchdog, when, ready: AtomicBool::new(false) }
    }

    /// None: whoever started us is not the one that these variables are meant for.
    pub fn none() -> Self {
        Self::of(&Environment::default(), 0, Ready::Started)
    }

    /// Keeps it informed of `status`, and feeds its watchdog as long as the engine obeys `commands`. Never ends.
    pub async fn inform(&self, status: watch::Receiver<Status>, commands: mpsc::Sender<Command>) {
        if self.socket.is_some() {
            tokio::join!(self.describe(status), self.beat(commands));
        }
        std::future::pending::<()>().await;
    }

    /// Tells it that the config is being read again. [`Self::reloaded`] must follow, however that went.
    pub async fn reloading(&self) {
        // Before we are ready, a reload is a part of the start.
        if self.is_ready() {
            self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic().as_micros())).await;
        }
    }

    /// Tells it that the config has been read again.
    pub async fn reloaded(&self) {
        if self.is_ready() {
            self.tell("READY=1").await;
        }
    }

    /// Tells it that we are about to end.
    pub async fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=Stopping; the outputs stay as they are.").await;
    }

    async fn describe(&self, mut status: watch::Receiver<Status>) {
        let mut said = String::new();
        loop {
            let (text, fresh) = {
                let status = status.borrow_and_update();
                (summary::of(&status), status.logins.iter().all(|login| login.phase == Phase::Fresh))
            };
            let mut lines = Vec::new();
            if !self.is_ready() && (fresh || self.when == Ready::Started) {
                self.ready.store(true, Ordering::Relaxed);
                lines.push("READY=1".to_owned());
            }
            if text != said {
                lines.push(format!("STATUS={text}"));
                said = text;
            }
            if !lines.is_empty() {
                self.tell(&lines.join("\n")).await;
            }
            if status.changed().await.is_err() {
                return;
            }
        }
    }

    async fn beat(&self, commands: mpsc::Sender<Command>) {
        let Some(watchdog) = self.watchdog else { return };
        loop {
            let (answer, progress) = oneshot::channel();
            if commands.send(Command::Ping(answer)).await.is_err() || progress.await.is_err() {
                return;
            }
            let start = format!("\nEXTEND_TIMEOUT_USEC={}", watchdog.as_micros());
            self.tell(&format!("WATCHDOG=1{}", if self.is_ready() { "" } else { &start })).await;
            tokio::time::sleep(watchdog / 2).await;
        }
    }

    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    async fn tell(&self, message: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(message).await {
            tracing::warn!(%error, "The service manager could not be told how we are.");
        }
    }
}

/// How often the watchdog of the process `pid` wants to hear of us, at least.
fn watchdog(environment: &Environment, pid: u32) -> Option<Duration> {
    let of = environment.get("WATCHDOG_PID").map(str::parse);
    if of.is_some_and(|of| of != Ok(pid)) {
        return None;
    }
    let limit = environment.get("WATCHDOG_USEC")?.parse().ok().map(Duration::from_micros)?;
    (!limit.is_zero()).then_some(limit)
}

#[cfg(test)]
mod tests;
