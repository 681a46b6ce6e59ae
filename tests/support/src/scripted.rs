//! A server that says what a script says: the status, the headers and the body of each answer, over a real socket.
//!
//! For what no real server here says on demand: a cloud's refusals, its faults, and what a proxy on the way makes of
//! either.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the server says to one request.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers, besides those of every answer.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// One of this status with nothing but a body.
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// The same with another header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As it goes over the wire; `fixed` are headers, each with its line ending.
    fn text(&self, fixed: &str) -> String {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
        let (headers, length) = (headers.collect::<String>(), self.body.len());
        let fixed = format!("{fixed}connection: close\r\n");
        format!("HTTP/1.1 {} X\r\n{fixed}{headers}content-length: {length}\r\n\r\n{}", self.status, self.body)
    }
}

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The line of the request, and its headers.
    pub head: String,
    /// The body.
    pub body: String,
    /// The fields of the body, if it is a form.
    pub form: BTreeMap<String, String>,
}

impl Request {
    /// A field of the form, or nothing.
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The path.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The body, which has to be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body of the request is JSON")
    }
}

/// A server that gives its answers in turn, and takes no more connections when it has none left.
#[derive(Debug)]
pub struct Scripted {
    /// Where it is reached, without a slash at the end.
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// One that speaks plain HTTP; `fixed` are headers of every answer, each with its line ending.
    pub async fn answering(fixed: &'static str, answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of this machine is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        Self::behind(listener, url, (fixed, answers), async |stream| Ok(stream))
    }

    /// One that is reached at `url`, and that `accept` shakes hands for.
    pub fn behind<S, F>(
        listener: TcpListener,
        url: String,
        (fixed, answers): (&'static str, Vec<Answer>),
        accept: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
        F: Future<Output = io::Result<S>> + Send,
    {
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let log = Arc::clone(&requests);
        tokio::spawn(async move {
            for answer in answers {
                let (stream, _) = listener.accept().await?;
                // A client that does not trust the server goes away.
                let Ok(mut stream) = accept(stream).await else { continue };
                let request = read(&mut stream).await?;
                log.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let _ = stream.write_all(answer.text(fixed).as_bytes()).await;
                let _ = stream.shutdown().await;
            }
            io::Result::Ok(())
        });
        Self { url, requests }
    }

    /// What it was asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let form = url::form_urlencoded::parse(&body).into_owned().collect();
    Ok(Request { head, body: String::from_utf8_lossy(&body).into_owned(), form })
}
