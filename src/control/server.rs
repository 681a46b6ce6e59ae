//! The side that answers, inside of the daemon.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::engine::status::Status;
use crate::login::LoginId;
use crate::report::Report;

use super::{Answer, LONGEST_REQUEST, Request};

/// So many may be connected at once; others wait in the kernel's queue.
const CONNECTIONS: usize = 64;
/// Whoever connects asks at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the daemon is told to do.
#[derive(Debug)]
pub enum Order {
    /// Make an attempt for these logins now.
    Refresh(Vec<LoginId>, oneshot::Sender<Result<(), Box<Report>>>),
    /// Read the config again.
    Reload(oneshot::Sender<Result<(), Box<Report>>>),
    /// End in order.
    Stop,
}

/// Answers everybody who may ask.
#[derive(Debug)]
pub struct Server {
    listener: UnixListener,
    office: Office,
}

#[derive(Debug, Clone)]
struct Office {
    status: watch::Receiver<Status>,
    orders: mpsc::Sender<Order>,
}

impl Server {
    /// Answers on `listener` with `status`, and passes `orders` on. Needs a runtime.
    pub fn new(
        listener: std::os::unix::net::UnixListener,
        status: watch::Receiver<Status>,
        orders: mpsc::Sender<Order>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { listener: UnixListener::from_std(listener)?, office: Office { status, orders } })
    }

    /// Answers until it is dropped.
    pub async fn run(self) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let office = self.office.clone();
                    tokio::spawn(async move {
                        office.attend(stream).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "The control socket could not accept a connection.");
                    // Too many open files, most likely: that does not pass within an instant.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Office {
    /// Serves one connection to its end. Whoever goes away, or talks nonsense, gets nothing.
    async fn attend(mut self, stream: UnixStream) {
        let Some(peer) = trusted(&stream) else { return };
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader.take(LONGEST_REQUEST));
        let mut line = String::new();
        let request = match tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await {
            Ok(Ok(length)) if length > 0 => serde_json::from_str::<Request>(&line),
            _ => return,
        };
        let answer = match request {
            Ok(Request::Watch) => {
                let _ = self.watch(&mut reader, &mut writer).await;
                return;
            }
            Ok(request) => self.answer(request, peer).await,
            Err(error) => Answer::Failed(not_understood(error)),
        };
        let _ = send(&mut writer, &answer).await;
    }

    async fn answer(&self, request: Request, peer: i32) -> Answer {
        let (sender, done) = oneshot::channel();
        let order = match request {
            Request::Status | Request::Watch => return Answer::Status(self.status.borrow().clone()),
            Request::Refresh { logins } => Order::Refresh(logins, sender),
            Request::Reload => Order::Reload(sender),
            Request::Stop => Order::Stop,
        };
        tracing::info!(peer, ?order, "Asked over the control socket.");
        let is_stop = matches!(order, Order::Stop);
        if self.orders.send(order).await.is_err() {
            return Answer::Failed(ending());
        }
        match done.await {
            Ok(Err(report)) => Answer::Failed(*report),
            Ok(Ok(())) => Answer::Done,
            Err(_) if is_stop => Answer::Done,
            Err(_) => Answer::Failed(ending()),
        }
    }

    /// Sends the status whenever it changes, until the other side goes away.
    async fn watch(
        &mut self,
        reader: &mut (impl AsyncRead + Unpin),
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<()> {
        loop {
            let status = self.status.borrow_and_update().clone();
            send(writer, &Answer::Status(status)).await?;
            tokio::select! {
                changed = self.status.changed() => if changed.is_err() { return Ok(()) },
                // Nothing more is asked on this connection, so this is its end.
                _ = reader.read_u8() => return Ok(()),
            }
        }
    }
}

async fn send(writer: &mut (impl AsyncWrite + Unpin), answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    writer.write_all(&line).await
}

/// The process id of a peer that may ask: of this daemon's user, or root.
fn trusted(stream: &UnixStream) -> Option<i32> {
    let peer = stream.peer_cred().ok()?;
    let ours = rustix::process::geteuid().as_raw();
    if peer.uid() != ours && peer.uid() != 0 {
        tracing::warn!(
            uid = peer.uid(),
            pid = peer.pid(),
            "Another user came to the control socket and got nothing."
        );
        return None;
    }
    Some(peer.pid().unwrap_or_default())
}

fn not_understood(error: serde_json::Error) -> Report {
    let hint = "The daemon is of another version; restart it (\"evercred down\", \"evercred up\").";
    Report::new(&io::Error::from(error), Some(hint.to_owned()), crate::exit::Exit::Failed)
}

fn ending() -> Report {
    Report::new(&io::Error::other("the daemon is ending"), None, crate::exit::Exit::Failed)
}
