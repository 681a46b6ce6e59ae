//! The [container credential provider] of AWS SDKs: a `GET` with the key as `Authorization`, answered with a session.
//!
//! botocore waits two seconds for an answer, and the JavaScript SDK one. The session's token is called `Token` here, unlike
//! in every other format of AWS's, and the end must be written with `Z`: the JavaScript and Rust SDKs refuse an offset.
//!
//! [container credential provider]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

use std::sync::Arc;
use std::time::Duration;

use evercred_core::BoxFuture;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::{AtHand, Endpoint, Key, Made, excuse};
use crate::outputs::container_answer;
use crate::serve::{Answer, Listen, text};

/// How long a request may wait for a credential: less than the least patient SDK, which then tries again.
const PATIENCE: Duration = Duration::from_millis(800);

/// The endpoint of one login.
#[derive(Debug)]
pub struct Container {
    listen: Listen,
    path: String,
    key: Arc<Key>,
    made: Made<Bytes>,
}

impl Container {
    /// Answers at `path` of `listen` who presents `key`.
    pub fn new(listen: Listen, path: String, key: Arc<Key>) -> Self {
        Self { listen, path, key, made: Made::default() }
    }

    async fn answer(&self, request: &Request<Bytes>, login: &dyn AtHand) -> Answer {
        let presented = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        if !self.key.admits(presented.unwrap_or_default()).await {
            return refuse(StatusCode::FORBIDDEN, "NotAuthorized", NO_KEY);
        }
        if request.uri().path() != self.path {
            return refuse(StatusCode::NOT_FOUND, "NotFound", NO_PATH);
        }
        if *request.method() != Method::GET {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "NotAllowed", "Only GET is answered.");
        }
        let credential = match login.credential(PATIENCE).await {
            Ok(credential) => credential,
            Err(error) => {
                let mut answer = refuse(StatusCode::SERVICE_UNAVAILABLE, "NoCredential", &excuse(&error));
                answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
                return answer;
            }
        };
        match self.made.of(&credential, |credential| container_answer(credential, &self.listen)) {
            Ok(session) => text(StatusCode::OK, JSON, session),
            Err(failure) => refuse(StatusCode::SERVICE_UNAVAILABLE, "NoCredential", &failure.to_string()),
        }
    }
}

impl Endpoint for Container {
    fn listen(&self) -> &Listen {
        &self.listen
    }

    fn answer<'a>(&'a self, request: &'a Request<Bytes>, login: &'a dyn AtHand) -> BoxFuture<'a, Answer> {
        Box::pin(self.answer(request, login))
    }
}

const JSON: &str = "application/json";
const NO_KEY: &str = "The Authorization header is not the key of this endpoint. AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE \
                      must name the file that has it; evercred's env file says which.";
const NO_PATH: &str = "There is nothing at this path. AWS_CONTAINER_CREDENTIALS_FULL_URI must be as evercred's env file \
                       has it.";

/// SDKs show both words to their users.
fn refuse(status: StatusCode, code: &str, message: &str) -> Answer {
    text(status, JSON, json!({ "Code": code, "Message": message }).to_string())
}
