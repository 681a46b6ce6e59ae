//! Ports for servers that cannot find a free one themselves, and for what a config has to name.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Linux gives a program that asks for any port one from 32768 on (`net.ipv4.ip_local_port_range`). What is below
/// stays free until the server that it is for takes it, however many ask meanwhile.
const FIRST: u16 = 20_000;

/// Each of two ports: OpenBao in memory takes the one after its own too.
const PLACES: u32 = 6_000;

/// A port on 127.0.0.1 that is free, and that nobody else in this process is given.
pub fn free_port() -> u16 {
    free::<1>()[0]
}

/// So many of them. Another process may choose the same, so a server that finds one taken must be started again with
/// others.
pub(crate) fn free<const COUNT: usize>() -> [u16; COUNT] {
    std::array::from_fn(|_| {
        let mut ports = (0..PLACES).map(|_| next());
        ports
            .find(|port| is_free(*port) && is_free(port + 1))
            .expect("the loopback interface has a free port")
    })
}

fn next() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Processes that run side by side begin at different places.
    let place =
        std::process::id().wrapping_mul(61).wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % PLACES;
    FIRST + 2 * u16::try_from(place).expect("there are fewer places than ports")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
