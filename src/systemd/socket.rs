//! The socket that `$NOTIFY_SOCKET` names: a path, or with `@` in front a name of Linux's abstract namespace.

use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Where the service manager listens.
#[derive(Debug)]
pub(super) struct Socket(SocketAddr);

impl Socket {
    /// The socket of that name; `None` if it is of a kind that we do not know.
    pub(super) fn at(name: &str) -> Option<Self> {
        let address = match name.strip_prefix('@') {
            Some(name) => in_abstract_namespace(name),
            None if name.starts_with('/') => SocketAddr::from_pathname(name).ok(),
            None => None,
        };
        address.map(Self)
    }

    /// Sends one message. Messages are rare, so that each has a socket of its own: the manager may have made a new one.
    pub(super) async fn send(&self, message: &str) -> io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&self.0)?;
        socket.set_nonblocking(true)?;
        let socket = tokio::net::UnixDatagram::from_std(socket)?;
        tokio::time::timeout(PATIENCE, socket.send(message.as_bytes()))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
            .map(drop)
    }
}

/// A manager that does not listen for so long has other sorrows than ours.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(target_os = "linux")]
fn in_abstract_namespace(name: &str) -> Option<SocketAddr> {
    use std::os::linux::net::SocketAddrExt as _;
    SocketAddr::from_abstract_name(name).ok()
}

#[cfg(not(target_os = "linux"))]
fn in_abstract_namespace(_: &str) -> Option<SocketAddr> {
    None
}
