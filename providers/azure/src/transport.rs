//! The shared HTTP client, as `azure_identity` wants to be given one; it keeps what was heard, which `azure_identity` would
//! lose.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, HeaderValue, Headers};
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Request};

/// Entra's answers take a few kilobytes; whatever is much longer is no answer of Entra, and must not fill the memory.
const LONGEST_ANSWER: usize = 256 * 1024;

/// Sends one request, and remembers what came of it.
#[derive(Clone)]
pub(crate) struct Transport {
    client: reqwest::Client,
    heard: Arc<Mutex<Option<Heard>>>,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Heard {
    /// An answer.
    Answer(Answer),
    /// None, because the connection failed.
    Broken(reqwest::Error),
    /// One without end.
    Endless,
}

/// An answer, as far as a failure needs it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// What Microsoft's support asks for.
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// Empty if all went well: then it would be a secret.
    pub(crate) body: Vec<u8>,
}

impl Transport {
    pub(crate) fn new(client: reqwest::Client) -> Self {
        Self { client, heard: Arc::default() }
    }

    /// What came of the last request; nothing if there was none, or it was taken before.
    pub(crate) fn take(&self) -> Option<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, heard: Heard) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(heard);
    }

    async fn send(&self, request: reqwest::Request) -> Result<AsyncRawResponse, Heard> {
        let mut response = self.client.execute(request).await.map_err(Heard::Broken)?;
        let body = read(&mut response).await?;
        let header =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        self.keep(Heard::Answer(Answer {
            status: response.status().as_u16(),
            request_id: header("x-ms-request-id"),
            retry_after: header("retry-after"),
            body: if response.status().is_success() { Vec::new() } else { body.clone() },
        }));
        let headers = response.headers().iter().filter_map(|(name, value)| {
            let (name, value) = (name.as_str().to_owned(), value.to_str().ok()?.to_owned());
            Some((HeaderName::from(name), HeaderValue::from(value)))
        });
        let headers = Headers::from(headers.collect::<std::collections::HashMap<_, _>>());
        Ok(AsyncRawResponse::from_bytes(response.status().as_u16().into(), headers, body))
    }
}

#[async_trait::async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let request = translate(&self.client, request)?;
        self.send(request).await.map_err(|heard| {
            self.keep(heard);
            azure_core::Error::with_message(ErrorKind::Io, "no answer")
        })
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's own Debug would show the passwords of proxies.
        f.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Errors may repeat what they were sent.
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

async fn read(response: &mut reqwest::Response) -> Result<Vec<u8>, Heard> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(Heard::Broken)? {
        if body.len() + part.len() > LONGEST_ANSWER {
            return Err(Heard::Endless);
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// The SDK's request, whose body is always a form that it holds in memory.
fn translate(client: &reqwest::Client, request: &Request) -> azure_core::Result<reqwest::Request> {
    let other = |what| azure_core::Error::with_message(ErrorKind::Other, what);
    let Body::Bytes(body) = request.body().clone() else { return Err(other("the request is a stream")) };
    let builder = client.request(reqwest::Method::POST, request.url().clone()).body(body);
    let headers = request.headers().iter();
    headers
        .fold(builder, |builder, (name, value)| builder.header(name.as_str(), value.as_str()))
        .build()
        .map_err(|_| other("the request cannot be put together"))
}
