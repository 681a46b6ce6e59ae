//! Ports for servers that cannot find a free one themselves.

use std::net::TcpListener;

/// A port on 127.0.0.1 that is free at this moment, for what a config has to name.
pub fn free_port() -> u16 {
    free::<1>()[0]
}

/// Ports on 127.0.0.1 that are free at this moment. Nothing keeps them free, so a server that finds one taken must
/// be started again with others.
pub(crate) fn free<const COUNT: usize>() -> [u16; COUNT] {
    // All are held before any is let go, or the same one might come twice.
    let listeners: Vec<TcpListener> = (0..COUNT).map(|_| listen()).collect();
    std::array::from_fn(|index| listeners[index].local_addr().expect("a listener has an address").port())
}

fn listen() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).expect("the loopback interface has a free port")
}
