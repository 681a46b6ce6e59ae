//! Asking the kernel about one socket: `sock_diag(7)`, one question and one answer of fixed layout.

use std::io;
use std::net::{IpAddr, SocketAddr};

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};

use super::Ends;

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLMSG_ERROR: u16 = 2;
const NLM_F_REQUEST: u16 = 1;
const IPPROTO_TCP: u8 = 6;
const ENOENT: i32 = 2;
/// The heads of every message, of the question and of the answer, before the part that names the socket.
const HEAD: usize = 16;
const QUESTION: usize = 8;
const ANSWER: usize = 4;
/// That part: two ports, two addresses, an interface, a cookie.
const NAME: usize = 48;

/// Who made the client's socket; nobody if there is none.
pub(super) fn owner(ends: Ends) -> io::Result<Option<u32>> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    send(&socket, &question(ends), SendFlags::empty())?;
    // The kernel has answered before it has let us send.
    let mut answer = [0; 512];
    let (length, _) = recv(&socket, &mut answer, RecvFlags::DONTWAIT)?;
    read(&answer[..length], ends)
}

fn question(ends: Ends) -> Vec<u8> {
    let length = HEAD + QUESTION + NAME;
    let mut message = Vec::with_capacity(length);
    message.extend(u32::try_from(length).unwrap_or_default().to_ne_bytes());
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(NLM_F_REQUEST.to_ne_bytes());
    // A number and a sender, of which we need none.
    message.extend([0; 8]);
    let family = if ends.client.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    message.extend([u8::try_from(family.as_raw()).unwrap_or_default(), IPPROTO_TCP, 0, 0]);
    // In any state.
    message.extend(u32::MAX.to_ne_bytes());
    message.extend(name(ends));
    // Any interface, and no cookie.
    message.extend(0_u32.to_ne_bytes());
    message.extend([0xff; 8]);
    message
}

/// The client's socket by its ends, its own first.
fn name(ends: Ends) -> Vec<u8> {
    let mut name = Vec::with_capacity(NAME);
    name.extend(ends.client.port().to_be_bytes());
    name.extend(ends.server.port().to_be_bytes());
    for end in [ends.client, ends.server] {
        let mut address = match end.ip() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        address.resize(16, 0);
        name.extend(address);
    }
    name
}

fn read(answer: &[u8], ends: Ends) -> io::Result<Option<u32>> {
    let short = || io::Error::from(io::ErrorKind::InvalidData);
    let kind = u16::from_ne_bytes(part(answer, 4).ok_or_else(short)?);
    if kind == NLMSG_ERROR {
        let error = i32::from_ne_bytes(part(answer, HEAD).ok_or_else(short)?).saturating_neg();
        return if error == ENOENT { Ok(None) } else { Err(io::Error::from_raw_os_error(error)) };
    }
    let body = answer.get(HEAD..).filter(|_| kind == SOCK_DIAG_BY_FAMILY).ok_or_else(short)?;
    // Behind the name: when it expires, its two queues, its owner, and its inode.
    let user = u32::from_ne_bytes(part(body, ANSWER + NAME + 12).ok_or_else(short)?);
    let inode = u32::from_ne_bytes(part(body, ANSWER + NAME + 16).ok_or_else(short)?);
    // A socket that nobody holds any more seems to be root's, but has no inode.
    let is_it = named(body).ok_or_else(short)? == ends && inode != 0;
    Ok(is_it.then_some(user))
}

/// Which socket the answer speaks of: a listening one may be told of in place of one that is not there.
fn named(body: &[u8]) -> Option<Ends> {
    let is_v4 = body.first().copied().map(u16::from) == Some(AddressFamily::INET.as_raw());
    let end = |port: usize, address: usize| {
        let port = u16::from_be_bytes(part(body, ANSWER + port)?);
        let address = if is_v4 {
            IpAddr::from(part::<4>(body, ANSWER + address)?)
        } else {
            IpAddr::from(part::<16>(body, ANSWER + address)?)
        };
        Some(SocketAddr::new(address.to_canonical(), port))
    };
    Some(Ends { client: end(0, 4)?, server: end(2, 20)? })
}

fn part<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..start.checked_add(N)?)?.try_into().ok()
}
