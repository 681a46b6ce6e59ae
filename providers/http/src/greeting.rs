//! Greeting a server: the way there, through proxy and TLS, and the time on its clock.

use std::time::SystemTime;

use evercred_core::Contact;
use jiff::fmt::rfc2822;
use reqwest::header::DATE;
use reqwest::{Client, Response};

use crate::network_failure;

/// Asks for `url`, with nothing but that. Any answer will do.
pub async fn greet(client: &Client, url: &str) -> Contact {
    let server = server(url);
    let outcome = client.get(url).send().await;
    let outcome =
        outcome.map(|answer| date(&answer)).map_err(|error| network_failure("reach", &server, error));
    Contact { server, outcome }
}

fn server(url: &str) -> String {
    let parsed = url::Url::parse(url);
    parsed.map_or_else(|_| url.to_owned(), |url| url.origin().ascii_serialization())
}

fn date(answer: &Response) -> Option<SystemTime> {
    let text = answer.headers().get(DATE)?.to_str().ok()?;
    Some(rfc2822::parse(text).ok()?.timestamp().into())
}
