//! A proxy that understands `CONNECT` (RFC 9110 §9.3.6) and takes every host to the sandbox's own TLS port.
//!
//! So an unmodified program with a vendor's host built in comes here with nothing but `HTTPS_PROXY` and the
//! sandbox's certificate authority. A host that the certificate does not name ends in a failed handshake.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// No client of ours says more before its tunnel stands.
const LONGEST_HEAD: usize = 16 << 10;

/// Tunnels until it is dropped.
pub(crate) async fn serve(listener: TcpListener, target: SocketAddr) {
    loop {
        // What fails here is one client's connection.
        if let Ok((client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = tunnel(client, target).await;
            });
        }
    }
}

async fn tunnel(mut client: TcpStream, target: SocketAddr) -> std::io::Result<()> {
    if !head(&mut client).await?.starts_with(b"CONNECT ") {
        let refusal = "HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return client.write_all(refusal.as_bytes()).await;
    }
    let mut server = TcpStream::connect(target).await?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await.map(|_| ())
}

/// The request's head. Read byte by byte, for what comes after it belongs to the tunnel.
async fn head(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        head.push(client.read_u8().await?);
    }
    Ok(head)
}
