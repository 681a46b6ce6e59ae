//! Reading about all sockets: `/proc/net/tcp` and `/proc/net/tcp6`, a line each
//! (<https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html>).

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr};

use super::Ends;

/// Who made the client's socket; nobody if there is none. An IPv4 connection may be one of an IPv6 socket.
pub(super) fn owner(ends: Ends) -> io::Result<Option<u32>> {
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
        let file = match File::open(table) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            file => file?,
        };
        for line in BufReader::new(file).lines() {
            if let Some(user) = user(&line?, ends) {
                return Ok(Some(user));
            }
        }
    }
    Ok(None)
}

/// The user in a line about that socket, unless nobody holds it any more.
fn user(line: &str, ends: Ends) -> Option<u32> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let found = Ends { client: end(words.next()?)?, server: end(words.next()?)? };
    // Between: its state, its queues, its timers, what was sent again; and behind the user, a time-out.
    let user = words.nth(4)?.parse().ok()?;
    let inode: u64 = words.nth(1)?.parse().ok()?;
    (found == ends && inode != 0).then_some(user)
}

/// An address and a port in hexadecimal digits, the address in words of this machine's byte order.
fn end(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let word =
        |at: usize| u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let address = match address.len() {
        8 => IpAddr::from(word(0)?),
        32 => {
            let words = (0..4).map(word).collect::<Option<Vec<_>>>()?;
            IpAddr::from(<[u8; 16]>::try_from(words.concat()).ok()?).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, u16::from_str_radix(port, 16).ok()?))
}
