//! A client that hides nothing: status and body of every answer.

use std::sync::Once;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::runtime::Runtime;

pub(crate) struct Http {
    runtime: Runtime,
    client: Client,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Http {
    pub(crate) fn new() -> Self {
        static PROVIDER: Once = Once::new();
        // Another test of this process may have been faster; the provider is the same.
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime, client: Client::new() }
    }

    pub(crate) fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.client.post(url).form(form))
    }

    pub(crate) fn post_json(&self, url: &str, bearer: &str, body: &Value) -> Answer {
        self.send(self.client.post(url).bearer_auth(bearer).json(body))
    }

    /// With no bearer if it is empty.
    pub(crate) fn get(&self, url: &str, bearer: &str) -> Answer {
        let request = self.client.get(url);
        self.send(if bearer.is_empty() { request } else { request.bearer_auth(bearer) })
    }

    fn send(&self, request: RequestBuilder) -> Answer {
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            Answer { status: response.status().as_u16(), body: response.json().await.unwrap() }
        })
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_success(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self.body
    }

    #[track_caller]
    pub(crate) fn token(self, field: &str) -> String {
        self.expect_success()[field].as_str().unwrap().to_owned()
    }

    /// Refused with this status and code, in words that contain `words`: as OAuth does, or as an API.
    #[track_caller]
    pub(crate) fn expect_refusal(&self, status: u16, code: &str, words: &str) {
        assert_eq!(self.status, status, "{:#}", self.body);
        let error = &self.body["error"];
        let (has, says) = if error.is_string() {
            (error, &self.body["error_description"])
        } else {
            (if error["status"].is_null() { &error["code"] } else { &error["status"] }, &error["message"])
        };
        let has = has.as_str().map_or_else(|| has.to_string(), str::to_owned);
        assert!(has == code && says.as_str().is_some_and(|says| says.contains(words)), "{:#}", self.body);
    }
}

/// What a token says; nothing if it is none.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    part.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
