//! Whose process is at the other end of a connection.
//!
//! TCP says nothing of the users at its ends, but on the loopback interface both ends are sockets of this machine, and
//! the kernel knows who made each: it is asked about the one (`netlink.rs`), or else its table of all is read (`table.rs`),
//! as where a sandbox has no netlink. A socket that is closed already has no owner any more, and neither has one that a
//! firewall or a proxy stands between: nobody is then no user, rather than some user.
//!
//! A connection is looked up at most once, and only if somebody asks: it costs some microseconds, or with the table a
//! line of text for each connection of the machine, beside the event loop.
//!
//! <https://man7.org/linux/man-pages/man7/sock_diag.7.html>

mod netlink;
mod table;

use std::net::SocketAddr;

use tokio::sync::OnceCell;

/// The other end of a connection.
#[derive(Debug)]
pub struct Peer {
    ends: Option<Ends>,
    owner: OnceCell<Option<u32>>,
}

/// Both ends of a connection over the loopback interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    client: SocketAddr,
    server: SocketAddr,
}

impl Peer {
    /// Who is at the other end of a connection between these.
    pub fn loopback(client: SocketAddr, server: SocketAddr) -> Self {
        Self { ends: Some(Ends { client, server }), owner: OnceCell::new() }
    }

    /// Somebody whom the permissions of a socket in the file system have let in.
    pub fn let_in() -> Self {
        Self { ends: None, owner: OnceCell::new() }
    }

    /// Whether it is a process of one of `users`; if nobody can say, it is not.
    pub async fn is_of(&self, users: &[u32]) -> bool {
        let Some(ends) = self.ends else { return true };
        let owner = self.owner.get_or_init(|| owner(ends)).await;
        owner.is_some_and(|owner| users.contains(&owner))
    }
}

async fn owner(ends: Ends) -> Option<u32> {
    match netlink::owner(ends) {
        Ok(owner) => owner,
        Err(error) => {
            tracing::debug!(%error, "The kernel was not to be asked about one connection; reading about all.");
            let read = tokio::task::spawn_blocking(move || table::owner(ends)).await;
            read.ok().and_then(Result::ok).flatten()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn connected(address: &str, to: &str) -> (TcpStream, TcpStream, Ends) {
        let listener = TcpListener::bind(address).unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(to.replace(":0", &format!(":{port}"))).unwrap();
        let (server, from) = listener.accept().unwrap();
        let ends = Ends { client: from, server: server.local_addr().unwrap() };
        (client, server, ends)
    }

    #[test]
    fn both_ways_find_the_user_of_a_connection_of_either_kind() {
        let me = rustix::process::getuid().as_raw();
        // The last is how Java connects to every IPv4 address.
        for (address, to) in
            [("127.0.0.1:0", "127.0.0.1:0"), ("[::1]:0", "[::1]:0"), ("127.0.0.1:0", "[::ffff:127.0.0.1]:0")]
        {
            let (_client, _server, ends) = connected(address, to);
            assert_eq!(netlink::owner(ends).unwrap(), Some(me), "{to}");
            assert_eq!(table::owner(ends).unwrap(), Some(me), "{to}");
        }
    }

    #[test]
    fn a_socket_that_is_closed_or_was_never_there_is_nobodys() {
        let (client, _server, ends) = connected("127.0.0.1:0", "127.0.0.1:0");
        drop(client);
        let other = Ends { client: "127.0.0.1:1".parse().unwrap(), ..ends };
        for ends in [ends, other] {
            assert_eq!(netlink::owner(ends).unwrap(), None, "{ends:?}");
            assert_eq!(table::owner(ends).unwrap(), None, "{ends:?}");
        }
    }

    #[tokio::test]
    async fn only_users_that_are_named_are_recognised() {
        let me = rustix::process::getuid().as_raw();
        let (_client, _server, ends) = connected("127.0.0.1:0", "127.0.0.1:0");
        let peer = Peer::loopback(ends.client, ends.server);
        assert!(peer.is_of(&[me]).await && !peer.is_of(&[me + 1]).await && !peer.is_of(&[]).await);
        let nobody = Peer::loopback("127.0.0.1:1".parse().unwrap(), ends.server);
        assert!(!nobody.is_of(&[0, me]).await);
        assert!(Peer::let_in().is_of(&[]).await);
    }
}
