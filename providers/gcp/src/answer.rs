//! What a service of Google's answered, taken apart.

use std::time::{Duration, SystemTime};

use reqwest::Response;
use serde_json::Value;

/// Answers are a few kilobytes; what goes on is not one of Google's.
const LONGEST: usize = 256 * 1024;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Reads it, but no more than an answer can be.
    pub(crate) async fn read(mut response: Response, now: SystemTime) -> reqwest::Result<Self> {
        let wish = response.headers().get("retry-after").and_then(|wish| wish.to_str().ok());
        let retry_after = wish.and_then(|wish| retry_after(wish.trim(), now));
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LONGEST {
                body.clear();
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Self { status, retry_after, body })
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The codes of an error, the most telling first, and its message.
    pub(crate) fn error(&self) -> Option<(Vec<String>, String)> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        match body.get("error")? {
            // RFC 6749 §5.2, as the Security Token Service answers.
            Value::String(code) => Some((vec![code.clone()], text(body.get("error_description")))),
            // google.rpc.Status, as all other services answer, and that one if its API is not enabled.
            error => {
                let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
                let reasons = details.filter_map(|detail| detail.get("reason")).chain(error.get("status"));
                let codes = reasons.filter_map(Value::as_str).map(str::to_owned).collect();
                Some((codes, text(error.get("message"))))
            }
        }
    }
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Seconds or a date (RFC 9110 §10.2.3).
fn retry_after(wish: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = wish.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(wish).ok()?;
    SystemTime::from(date.timestamp()).duration_since(now).ok()
}
