//! Taking connections, of either kind.

use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use evercred_core::{Advice, Failure};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};

use super::{Listen, Peer};
use crate::files;

/// A connection of either kind.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

#[derive(Debug)]
pub(super) enum Listener {
    Loopback(TcpListener),
    Socket(UnixListener),
}

impl Listener {
    pub(super) async fn bind(listen: &Listen) -> Result<Self, Failure> {
        let failure = |error: io::Error| {
            Failure::new("listen at", listen.to_string(), Advice::RETRY)
                .hint("Is another program, or another evercred, listening there? Choose another `listen`.")
                .caused_by(error)
        };
        match listen {
            Listen::Loopback(address) => {
                TcpListener::bind(address).await.map(Self::Loopback).map_err(failure)
            }
            Listen::Socket(path) => {
                let path = path.clone();
                let bound =
                    tokio::task::spawn_blocking(move || free(&path).and_then(|()| files::listen(&path)));
                let listener = bound.await.map_err(|error| failure(io::Error::other(error)))??;
                listener.set_nonblocking(true).map_err(failure)?;
                UnixListener::from_std(listener).map(Self::Socket).map_err(failure)
            }
        }
    }

    /// Where it listens, with the port that it was given if any would do.
    pub(super) fn place(&self, asked: &Listen) -> String {
        match self {
            Self::Loopback(listener) => {
                listener.local_addr().map_or(asked.to_string(), |address| address.to_string())
            }
            Self::Socket(_) => asked.to_string(),
        }
    }

    /// The next connection, and who is at its other end.
    pub(super) async fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        match self {
            Self::Loopback(listener) => {
                let (stream, client) = listener.accept().await?;
                // Answers are written whole, so there is nothing to gather.
                let _ = stream.set_nodelay(true);
                let peer = Peer::loopback(client, stream.local_addr()?);
                Ok((Box::new(stream), peer))
            }
            Self::Socket(listener) => Ok((Box::new(listener.accept().await?.0), Peer::let_in())),
        }
    }
}

/// Refuses a path where somebody listens, or where something lies that is no socket: it would be replaced.
fn free(path: &Path) -> Result<(), Failure> {
    let taken = |message| {
        Failure::new("listen at", path.display().to_string(), Advice::NeedsAttention)
            .message(message)
            .hint("Choose another path in `listen`.")
    };
    match path.symlink_metadata() {
        Ok(there) if !there.file_type().is_socket() => Err(taken("something else is there already")),
        Ok(_) if files::connect(path)?.is_some() => Err(taken("another program listens there")),
        _ => Ok(()),
    }
}
