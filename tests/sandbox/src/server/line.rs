//! Connections that can be reset on command, which HTTP libraries do not offer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a handler holds of its connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Arc<AtomicBool>);

impl Line {
    /// From now on nothing gets through, and the peer sees a reset.
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_cut(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Accepts connections that have a [`Line`].
pub(super) struct Lines(pub(super) TcpListener);

/// A connection with its [`Line`].
pub(super) struct Wired {
    stream: TcpStream,
    line: Line,
}

impl Listener for Lines {
    type Io = Wired;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Wired, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Small answers must not wait for the peer's delayed acknowledgement (RFC 896, RFC 1122 §4.2.3.2).
        let _ = stream.set_nodelay(true);
        (Wired { stream, line: Line::default() }, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().line.clone()
    }
}

/// Accepts connections that have a [`Line`] under TLS.
pub(super) struct SecureLines {
    address: std::net::SocketAddr,
    shaken: mpsc::Receiver<(TlsStream<Wired>, std::net::SocketAddr)>,
}

impl SecureLines {
    /// Shakes hands with each client by itself, so that a slow one keeps nobody waiting.
    pub(super) fn new(mut lines: Lines, acceptor: TlsAcceptor) -> io::Result<Self> {
        let address = lines.local_addr()?;
        let (sender, shaken) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                let (wired, peer) = lines.accept().await;
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    // Who does not trust the certificate has nothing more to say.
                    if let Ok(stream) = acceptor.accept(wired).await {
                        let _ = sender.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(Self { address, shaken })
    }
}

impl Listener for SecureLines {
    type Io = TlsStream<Wired>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.shaken.recv().await {
            Some(accepted) => accepted,
            // The task above never ends before the runtime does.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, SecureLines>> for Line {
    fn connect_info(stream: IncomingStream<'_, SecureLines>) -> Self {
        stream.io().get_ref().0.line.clone()
    }
}

impl Wired {
    /// A reset is what closing does when nothing may linger (`SO_LINGER` of zero).
    fn refuse_if_cut(&self) -> io::Result<()> {
        if self.line.is_cut() {
            self.stream.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wired {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wired {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.refuse_if_cut()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.refuse_if_cut()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.refuse_if_cut()?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
