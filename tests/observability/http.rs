//! Requests as they go over the wire, so that a test can send what no client would.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A request without a body.
pub(crate) fn request(path: &str, host: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
}

/// What the socket at `path` answers; `None` if nobody listens there.
pub(crate) fn ask_socket(path: &Path, request: &str) -> Option<Answer> {
    Some(talk(UnixStream::connect(path).ok()?, request))
}

/// What `address` answers.
pub(crate) fn ask(address: &str, request: &str) -> Answer {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    talk(stream, request)
}

fn talk(mut stream: impl Read + Write, request: &str) -> Answer {
    // A server that has read enough may answer and hang up before all is sent.
    let _ = stream.write_all(request.as_bytes());
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
