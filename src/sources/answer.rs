//! Answers over HTTP: the body within bounds, or what the server had against the request.

use std::time::Duration;

use evercred_core::{Advice, Failure, Secret, conceal};
use evercred_http::network_failure;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Request, RequestBuilder, Response, StatusCode};
use serde_json::Value;

/// Far beyond any token and its JSON around it.
const LONGEST: usize = 256 * 1024;
/// As much of a message as a report can use.
const LONGEST_MESSAGE: usize = 300;

/// What a request is for, for reports.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    /// An infinitive: "ask the supervisor for …".
    pub(super) operation: &'static str,
    /// The server, without anything secret.
    pub(super) place: &'a str,
    /// What helps if the server refuses (401, 403, 404): a full sentence.
    pub(super) if_refused: &'static str,
}

/// Sends the request and gives the body of a successful answer.
pub(super) async fn text(request: RequestBuilder, step: Step<'_>) -> Result<String, Failure> {
    let broken = |error| network_failure(step.operation, step.place, error);
    let (client, request) = request.build_split();
    let request = request.map_err(broken)?;
    let told = told(&request);
    let response = client.execute(request).await.map_err(broken)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = body(response).await.map_err(broken)?;
    if status.is_success() {
        Ok(String::from_utf8_lossy(&body).into_owned())
    } else {
        // Before anything is cut off: half a secret would not be recognised.
        let body = conceal(&String::from_utf8_lossy(&body), told.iter().map(Secret::expose));
        Err(refusal(status, &headers, body.as_bytes(), step))
    }
}

/// What authorises the request, word by word: a server may repeat it without its scheme.
fn told(request: &Request) -> Vec<Secret> {
    let values = request.headers().values().filter(|value| value.is_sensitive());
    let words = values.filter_map(|value| value.to_str().ok()).flat_map(str::split_ascii_whitespace);
    words.filter(|word| *word != "Bearer").map(Secret::new).collect()
}

/// Sends the request and gives the JSON text at `pointer` (RFC 6901) of a successful answer.
pub(super) async fn field(
    request: RequestBuilder,
    pointers: &[&str],
    step: Step<'_>,
) -> Result<String, Failure> {
    let document = json(request, step).await?;
    match pointers.iter().find_map(|pointer| document.pointer(pointer)?.as_str()) {
        Some(text) => Ok(text.to_owned()),
        None => Err(garbage(step, &format!("its answer has no text at {}", pointers.join(" or ")))),
    }
}

/// Sends the request and gives the JSON of a successful answer.
pub(super) async fn json(request: RequestBuilder, step: Step<'_>) -> Result<Value, Failure> {
    let text = text(request, step).await?;
    serde_json::from_str(&text).map_err(|_| garbage(step, "its answer is not JSON"))
}

/// An answer that makes no sense: a proxy or a restart may be in the way, so it is worth another try.
pub(super) fn garbage(step: Step<'_>, what: &str) -> Failure {
    Failure::new(step.operation, step.place, Advice::RETRY).message(what).hint(
        "Check that the address is the right one, and what else may answer there (a proxy, a login page).",
    )
}

async fn body(mut response: Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = LONGEST.saturating_sub(body.len()).min(chunk.len());
        body.extend_from_slice(&chunk[..room]);
        if room < chunk.len() {
            break;
        }
    }
    Ok(body)
}

fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], step: Step<'_>) -> Failure {
    let said = Said::in_body(body);
    let number = status.as_u16();
    let words =
        said.message.unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason given").to_owned());
    let (code, message) = match said.code {
        Some(code) => (code, format!("{words} (HTTP {number})")),
        None => (format!("HTTP {number}"), words),
    };
    let failure = Failure::new(step.operation, step.place, advice(status, headers))
        .code(code)
        .message(message)
        .hint(hint(status, step));
    let id =
        ["x-request-id", "x-github-request-id"].into_iter().find_map(|name| headers.get(name)?.to_str().ok());
    failure.request_id(id)
}

fn advice(status: StatusCode, headers: &HeaderMap) -> Advice {
    match status.as_u16() {
        // Not implemented: it will not be in a minute either.
        501 => Advice::NeedsAttention,
        408 | 425 | 429 | 500..=599 => Advice::Retry { after: retry_after(headers) },
        _ => Advice::NeedsAttention,
    }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3); the form with a date is left to our own schedule.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn hint(status: StatusCode, step: Step<'_>) -> &'static str {
    match status.as_u16() {
        300..=399 => "Give the address it redirects to: a token is only sent where the config says.",
        408 | 425 | 429 | 500 | 502..=599 => "This is usually transient; evercred tries again.",
        _ => step.if_refused,
    }
}

/// The server's own words.
#[derive(Debug, Default)]
struct Said {
    code: Option<String>,
    message: Option<String>,
}

impl Said {
    fn in_body(body: &[u8]) -> Self {
        let Ok(document) = serde_json::from_slice::<Value>(body) else { return Self::in_text(body) };
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| document.get(name)?.as_str());
            found.filter(|text| !text.is_empty()).map(shortened)
        };
        Self { code: text(&["code", "error"]), message: text(&["message", "error_description", "detail"]) }
    }

    fn in_text(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty());
        // A page made for browsers says nothing in its first line.
        Self { code: None, message: line.filter(|line| !line.starts_with('<')).map(shortened) }
    }
}

fn shortened(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    text.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect()
}
