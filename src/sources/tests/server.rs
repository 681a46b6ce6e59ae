use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server on loopback that gives each path its answer, written out byte for byte, and keeps the requests.
pub(super) struct Server {
    pub(super) address: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(super) async fn start<const N: usize>(answers: [(&'static str, String); N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let request = read(&mut socket).await;
                let path = request.split_whitespace().nth(1).unwrap_or_default().to_owned();
                kept.lock().unwrap().push(request);
                let answer = answers.iter().find(|(prefix, _)| path.starts_with(prefix));
                let answer =
                    answer.map_or_else(|| status("404 Not Found", "", "no such page"), |(_, a)| a.clone());
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self { address, requests, task }
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read(socket: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut block = [0; 4096];
    loop {
        let count = socket.read(&mut block).await.unwrap_or(0);
        text.push_str(std::str::from_utf8(&block[..count]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(count > 0, "the request breaks off: {text}");
            continue;
        };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if count == 0 || body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}

pub(super) fn ok(body: &str) -> String {
    status("200 OK", "", body)
}

pub(super) fn status(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}
