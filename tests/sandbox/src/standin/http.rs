//! As much of HTTP/1.0 as a stand-in needs: one request on one connection, JSON both ways.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// The real `gp` gives up after as long.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks one host.
pub(super) struct Client {
    address: String,
}

impl Client {
    pub(super) fn new(url: &str) -> io::Result<Self> {
        let address = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/').to_owned());
        let address =
            address.ok_or_else(|| io::Error::other(format!("{url:?} is not the URL of a sandbox")))?;
        Ok(Self { address })
    }

    pub(super) fn get(&self, path: &str) -> io::Result<Value> {
        self.ask(&format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address))
    }

    pub(super) fn post(&self, path: &str, bearer: &str, body: &Value) -> io::Result<Value> {
        let body = body.to_string();
        self.ask(&format!(
            "POST {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {bearer}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        ))
    }

    fn ask(&self, request: &str) -> io::Result<Value> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = head.lines().next().unwrap_or_default();
        if !status.contains(" 200") {
            return Err(io::Error::other(format!("{}: {body}", status.trim_start_matches("HTTP/1.0 "))));
        }
        Ok(serde_json::from_str(body)?)
    }
}
