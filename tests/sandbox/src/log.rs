//! What was asked and answered, without secrets, for assertions.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::fault::Group;
use crate::state::lock;

/// One request that the sandbox saw. It holds no token and no key, so it may be printed.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    /// Counts from 1, over all groups.
    pub number: u64,
    /// When it came in, by the sandbox's clock.
    #[serde(skip)]
    pub at: SystemTime,
    /// The group of its route.
    pub group: Group,
    /// The HTTP method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The status of the answer; 0 if the connection was reset.
    pub status: u16,
    /// The protocol's error code, `fault` if a fault answered, or nothing if all went well.
    pub error: Option<String>,
    /// What the handler found out.
    pub facts: Facts,
}

impl Request {
    /// Whether it was answered as asked.
    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.status) && self.error.is_none()
    }
}

/// What a handler notes about a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// The operation, such as `AssumeRole`.
    pub action: Option<String>,
    /// The audiences asked for.
    pub audience: Vec<String>,
    /// The role asked for.
    pub role_arn: Option<String>,
    /// The session name asked for.
    pub session_name: Option<String>,
    /// The lifetime asked for, in seconds.
    pub duration_seconds: Option<u64>,
    /// The access key that signed the request.
    pub signed_by: Option<String>,
    /// The access key that the answer handed out.
    pub access_key_id: Option<String>,
    /// The `jti` of the ID token that was shown or handed out.
    pub token_id: Option<String>,
    /// The tenant asked for.
    pub tenant: Option<String>,
    /// The application that asked.
    pub client_id: Option<String>,
    /// The scope asked for.
    pub scope: Option<String>,
    /// A name for the access token that was shown or handed out: equal for equal tokens.
    pub access_token_id: Option<String>,
    /// The protocol's error code.
    pub error: Option<String>,
}

/// The requests so far, and whoever waits for more of them.
#[derive(Debug, Default)]
pub(crate) struct Log {
    requests: Mutex<(u64, Vec<Request>)>,
    grown: Condvar,
}

impl Log {
    /// Adds a request and gives it its number.
    pub(crate) fn add(&self, mut request: Request) {
        let mut log = lock(&self.requests);
        log.0 += 1;
        request.number = log.0;
        log.1.push(request);
        self.grown.notify_all();
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        lock(&self.requests).1.clone()
    }

    pub(crate) fn clear(&self) {
        lock(&self.requests).1.clear();
    }

    pub(crate) fn wait_until(&self, limit: Duration, mut enough: impl FnMut(&[Request]) -> bool) -> bool {
        let log = lock(&self.requests);
        let waited = self.grown.wait_timeout_while(log, limit, |log| !enough(&log.1));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}
