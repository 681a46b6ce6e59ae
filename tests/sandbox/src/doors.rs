//! Where the sandbox is found: the ports at which it listens, and which it keeps while it does not.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with};

use crate::state::Addresses;

#[derive(Debug)]
pub(crate) struct Doors {
    /// Plain HTTP.
    pub(crate) plain: TcpListener,
    /// The same under TLS.
    pub(crate) secure: TcpListener,
    /// The proxy that leads to `secure`.
    pub(crate) tunnel: TcpListener,
}

impl Doors {
    /// Of plain HTTP at this port, 0 for any, and of the others at any.
    pub(crate) fn open(port: u16) -> io::Result<Self> {
        let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        Ok(Self { plain: listen(port)?, secure: listen(0)?, tunnel: listen(0)? })
    }

    pub(crate) fn addresses(&self) -> io::Result<Addresses> {
        let (plain, secure) = (self.plain.local_addr()?, self.secure.local_addr()?);
        Ok(Addresses { plain, secure, tunnel: self.tunnel.local_addr()? })
    }
}

/// Doors that refuse whoever comes, and whose ports nobody else is given.
#[derive(Debug)]
pub(crate) struct Closed {
    plain: OwnedFd,
    secure: OwnedFd,
    tunnel: OwnedFd,
}

impl Closed {
    pub(crate) fn at(addresses: &Addresses) -> io::Result<Self> {
        let Addresses { plain, secure, tunnel } = addresses;
        Ok(Self { plain: bound(plain)?, secure: bound(secure)?, tunnel: bound(tunnel)? })
    }

    pub(crate) fn open(self) -> io::Result<Doors> {
        let open = |bound: OwnedFd| listen(&bound, BACKLOG).map(|()| TcpListener::from(bound));
        Ok(Doors { plain: open(self.plain)?, secure: open(self.secure)?, tunnel: open(self.tunnel)? })
    }
}

/// As many as the standard library lets wait.
const BACKLOG: i32 = 128;

/// Bound, but it does not listen: connections are refused.
fn bound(address: &SocketAddr) -> io::Result<OwnedFd> {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // What is left of the connections before would keep the port from it for a minute.
    set_socket_reuseaddr(&socket, true)?;
    bind(&socket, address)?;
    Ok(socket)
}
