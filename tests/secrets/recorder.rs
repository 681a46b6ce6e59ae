//! A server that notes what it is asked and answers with a refusal that repeats it, as a proxy or as a token service.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The server; it answers as long as the test process lives.
#[derive(Debug)]
pub(crate) struct Recorder {
    address: SocketAddr,
    heads: Arc<Mutex<String>>,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::<Mutex<String>>::default();
        let noted = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A client that hangs up has what it wanted.
                let _ = answer(stream, &noted);
            }
        });
        Self { address, heads }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> String {
        self.heads.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, noted: &Mutex<String>) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut block = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut block)? {
            0 => break,
            count => head.extend_from_slice(&block[..count]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    noted.lock().unwrap().push_str(&head);
    // What matters comes first, for messages are cut off.
    let mut lines: Vec<&str> = head.lines().collect();
    lines.sort_by_key(|line| !line.to_ascii_lowercase().contains("auth") && !line.contains("x-secret"));
    let body = lines.join(" ");
    write!(
        stream,
        "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
