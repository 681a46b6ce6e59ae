//! The API of Vault and OpenBao with a token that is always good, for programs that can only be given an address.
//!
//! A program presents the key as if it were its token, in `X-Vault-Token`; it goes on to the server with the login's own
//! token instead. So clients need no option that they lack, and who has not the key gets nothing: the loopback interface
//! is open to every user of a machine. The login's token never comes back: where an answer has it, the key stands.
//!
//! Unless writes are allowed, only what reads is passed on. A token is never revoked from here, nor [renewed](renewal).
//! Nothing of a request or an answer is logged, redirects are not followed, and only headers that mean something to both
//! ends go through.

mod headers;
mod path;
mod renewal;

use std::sync::Arc;
use std::time::Duration;

use evercred_core::{BoxFuture, Credential, Failure, Field, Gateway, Passage, Reply};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use serde_json::json;
use tokio::sync::Semaphore;

use self::path::{Path, Place};
use super::{AtHand, Endpoint, Key, excuse};
use crate::serve::{Answer, Listen, text};

/// How long a request may wait for a token. Clients of Vault wait for a minute.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many requests are with the server at once, each with an answer in memory; others wait.
const AT_ONCE: usize = 32;
/// What Vault itself takes for one secret, and some.
const LARGEST_BODY: usize = 2 * 1024 * 1024;

/// The endpoint of one login.
#[derive(Debug)]
pub struct VaultApi {
    listen: Listen,
    key: Arc<Key>,
    allow_writes: bool,
    places: Semaphore,
}

/// Why a request goes no further.
type Refused = Box<Answer>;

impl VaultApi {
    /// Passes on what comes with `key`.
    pub fn new(listen: Listen, key: Arc<Key>, allow_writes: bool) -> Self {
        Self { listen, key, allow_writes, places: Semaphore::new(AT_ONCE) }
    }

    async fn answer(&self, request: &Request<Bytes>, login: &dyn AtHand) -> Result<Answer, Refused> {
        let presented = headers::token(request.headers()).unwrap_or_default();
        if !self.key.admits(presented).await {
            return Err(refuse(StatusCode::FORBIDDEN, NO_KEY));
        }
        let (place, passage) = self.passage(request)?;
        let Some(gateway) = login.login().provider().gateway() else {
            return Err(refuse(
                StatusCode::BAD_GATEWAY,
                "This login has no server whose API could be asked.",
            ));
        };
        let Ok(Ok(_place)) = tokio::time::timeout(PATIENCE, self.places.acquire()).await else {
            return Err(unavailable("Too many requests are with the server already."));
        };
        let is_renewal = place == Place::OwnRenewal;
        let passage = if is_renewal { renewal::question(&passage) } else { passage };
        let (reply, credential) = pass(gateway, &passage, login).await?;
        let reply = if is_renewal { renewal::answer(reply) } else { reply };
        passed_back(reply, &credential, presented)
    }

    /// What goes to the server, if it may.
    fn passage(&self, request: &Request<Bytes>) -> Result<(Place, Passage), Refused> {
        let method = request.method().as_str();
        let path = Path::of(request.uri().path()).ok_or_else(|| refuse(StatusCode::NOT_FOUND, NO_PATH))?;
        let place = path.place();
        match place {
            Place::Revocation => return Err(refuse(StatusCode::FORBIDDEN, NO_REVOCATION)),
            Place::Renewal => return Err(refuse(StatusCode::FORBIDDEN, NO_RENEWAL)),
            Place::OwnRenewal | Place::Elsewhere => {}
        }
        if !READING.contains(&method) && !self.allow_writes && place != Place::OwnRenewal {
            return Err(refuse(StatusCode::METHOD_NOT_ALLOWED, NO_WRITES));
        }
        let passage = Passage {
            method: method.to_owned(),
            path: path.segments,
            query: request.uri().query().map(str::to_owned),
            headers: headers::of_request(request.headers()),
            body: request.body().to_vec(),
        };
        Ok((place, passage))
    }
}

impl Endpoint for VaultApi {
    fn listen(&self) -> &Listen {
        &self.listen
    }

    fn largest_body(&self) -> usize {
        if self.allow_writes { LARGEST_BODY } else { 4 * 1024 }
    }

    fn answer<'a>(&'a self, request: &'a Request<Bytes>, login: &'a dyn AtHand) -> BoxFuture<'a, Answer> {
        Box::pin(async move { self.answer(request, login).await.unwrap_or_else(|refused| *refused) })
    }
}

/// Passes on with the login's token; with another one, if the server does not know that any more.
async fn pass(
    gateway: &dyn Gateway,
    passage: &Passage,
    login: &dyn AtHand,
) -> Result<(Reply, Arc<Credential>), Refused> {
    let sorry = |error| unavailable(&excuse(&error));
    let credential = login.credential(PATIENCE).await.map_err(sorry)?;
    let reply = gateway.pass(&credential, passage).await.map_err(|failure| no_answer(&failure))?;
    if !reply.is_stranger {
        return Ok((reply, credential));
    }
    let other = login.successor(&credential, PATIENCE).await.map_err(sorry)?;
    let reply = gateway.pass(&other, passage).await.map_err(|failure| no_answer(&failure))?;
    Ok((reply, other))
}

/// The answer for who presented `key`.
fn passed_back(reply: Reply, credential: &Credential, key: &[u8]) -> Result<Answer, Refused> {
    if (300..400).contains(&reply.status) && reply.status != 304 {
        return Err(refuse(StatusCode::BAD_GATEWAY, REDIRECTED));
    }
    let body = match credential.field(Field::VAULT_TOKEN) {
        Some(token) => replaced(reply.body, token.expose().as_bytes(), key),
        None => reply.body,
    };
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    headers::back(&reply.headers, answer.headers_mut());
    Ok(answer)
}

/// The methods that read.
const READING: [&str; 4] = ["GET", "HEAD", "LIST", "SCAN"];

const NO_KEY: &str = "The token is not the key of this address. Programs find it in VAULT_TOKEN of evercred's env file, \
                      and in its key file.";
const NO_PATH: &str = "There are paths of the API here only, such as /v1/secret/data/app.";
const NO_REVOCATION: &str = "Tokens are not revoked through evercred: this one serves other programs, too. \"evercred \
                             logout\" ends it.";
const NO_RENEWAL: &str = "No token is renewed through evercred but the one that is presented.";
const NO_WRITES: &str = "Only requests that read are passed on. If programs are to write with this login's rights, set \
                         allow_writes = true in its output vault-api.";
const REDIRECTED: &str = "The server sends this request elsewhere, as a standby does. Name the active server as the \
                          login's address, or let the standby forward requests.";

/// As the server itself puts its refusals, which clients show.
fn refuse(status: StatusCode, reason: &str) -> Refused {
    Box::new(text(status, "application/json", json!({ "errors": [reason] }).to_string()))
}

fn unavailable(reason: &str) -> Refused {
    let mut answer = refuse(StatusCode::SERVICE_UNAVAILABLE, reason);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    answer
}

fn no_answer(failure: &Failure) -> Refused {
    let hint = failure.remedy().map(|hint| format!(" {hint}")).unwrap_or_default();
    refuse(StatusCode::BAD_GATEWAY, &format!("evercred {failure}.{hint}"))
}

/// `body` with `key` wherever it has `token`.
fn replaced(body: Vec<u8>, token: &[u8], key: &[u8]) -> Vec<u8> {
    let has_token = |body: &[u8]| body.windows(token.len()).position(|window| window == token);
    let mut rest = body.as_slice();
    let mut parts = Vec::new();
    while let Some(at) = has_token(rest).filter(|_| !token.is_empty()) {
        parts.extend_from_slice(&rest[..at]);
        parts.extend_from_slice(key);
        rest = &rest[at + token.len()..];
    }
    if parts.is_empty() && rest.len() == body.len() {
        return body;
    }
    parts.extend_from_slice(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_stands_wherever_the_token_was() {
        let replace = |body: &str| String::from_utf8(replaced(body.into(), b"s.tok", b"KEY")).unwrap();
        assert_eq!(replace(r#"{"id":"s.tok","x":["s.tok"]}"#), r#"{"id":"KEY","x":["KEY"]}"#);
        assert_eq!(replace("s.toks.to"), "KEYs.to");
        assert_eq!(replace("nothing"), "nothing");
        assert_eq!(replace(""), "");
    }
}
