//! The metadata server of Compute Engine, as far as Google's libraries ask it for credentials
//! (<https://cloud.google.com/compute/docs/metadata/overview>).
//!
//! Tokens of the service account, or of the pool's own identity, its address, scopes, project and universe; and ID tokens
//! for an audience, which Google signs when they are asked for. Scopes in a question do not count, as on Compute Engine.
//! Nothing is known of a machine: there is no zone, no name, no attribute; an ID token says nothing of one, even in the
//! format `full`.
//!
//! The protocol has no secret: a header, `Metadata-Flavor`, keeps web pages out, and nobody else. So the users that may
//! ask are recognised by the [other end](Peer) of their connection, unless the config lets everybody in.

mod question;
mod tree;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_core::{Advice, BoxFuture, Credential, Failure, Field, Secret};
use hyper::body::Bytes;
use hyper::header::{ETAG, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::{AtHand, Endpoint, Made, excuse, unavailable};
use crate::digest;
use crate::engine::attempt_error::AttemptError;
use crate::serve::{Answer, Listen, refusal, text};

use question::Question;
use tree::{Instance, Node};

/// A metadata server for one login.
#[derive(Debug)]
pub(crate) struct GceMetadata {
    listen: Listen,
    users: Option<Vec<u32>>,
    project_number: Option<u64>,
    /// What there is to tell of the credential in use.
    told: Made<Arc<Node>>,
}

/// What a machine of Google's would say of the login, as a JSON object of the provider's.
pub(crate) const INSTANCE: Field = Field::new("instance");
const SIGNED_TOKEN: Field = Field::new("service_account_id_token");

/// Libraries give up after three seconds, and ask again then.
const PATIENCE: Duration = Duration::from_millis(2500);
/// No audience is longer.
const LONGEST_AUDIENCE: usize = 2048;

const FLAVOR: HeaderName = HeaderName::from_static("metadata-flavor");
const GOOGLE: HeaderValue = HeaderValue::from_static("Google");
const TEXT: &str = "application/text";
const JSON: &str = "application/json";

impl Endpoint for GceMetadata {
    fn listen(&self) -> &Listen {
        &self.listen
    }

    fn answer<'a>(&'a self, request: &'a Request<Bytes>, login: &'a dyn AtHand) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let answered = match self.admit(request).await {
                Ok(()) => self.look_up(&Question::of(request.uri()), login).await,
                Err(refused) => Err(refused),
            };
            let mut answer = answered.unwrap_or_else(|refused| refused);
            // Libraries know a metadata server by this.
            answer.headers_mut().insert(FLAVOR, GOOGLE);
            answer
        })
    }
}

impl GceMetadata {
    /// One that listens at `listen` and answers programs of `users`, or else everybody's. The config may know the number
    /// of the project.
    pub(crate) fn new(listen: Listen, users: Option<Vec<u32>>, project_number: Option<u64>) -> Self {
        Self { listen, users, project_number, told: Made::default() }
    }

    async fn admit(&self, request: &Request<Bytes>) -> Result<(), Answer> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Err(refusal(StatusCode::METHOD_NOT_ALLOWED, "Only GET is answered."));
        }
        if let Some(users) = &self.users {
            super::admit_users(request, users).await?;
        }
        let has_flavor = request.headers().get(FLAVOR).is_some_and(|value| *value == GOOGLE);
        // The root is for finding out whether there is a metadata server.
        if has_flavor || request.uri().path() == "/" {
            return Ok(());
        }
        Err(refusal(StatusCode::FORBIDDEN, "The header \"Metadata-Flavor: Google\" is missing."))
    }

    async fn look_up(&self, question: &Question, login: &dyn AtHand) -> Result<Answer, Answer> {
        if question.path.is_empty() {
            // There is a metadata server, however its login is.
            return Ok(tagged(TEXT, "computeMetadata/\n".to_owned()));
        }
        let mut answer = self.tell(question, login).await?;
        if let Some(wait) = question.wait
            && is_known(&answer, question)
        {
            tokio::time::sleep(wait).await;
            answer = self.tell(question, login).await?;
        }
        Ok(answer)
    }

    async fn tell(&self, question: &Question, login: &dyn AtHand) -> Result<Answer, Answer> {
        let credential = login.credential(PATIENCE).await.map_err(|error| refused(&error))?;
        let told = self.told.of(&credential, |credential| {
            instance(credential).map(|instance| Arc::new(tree::tree(&instance, self.project_number)))
        });
        let told = told.map_err(|failure| refused_by(&failure))?;
        let node = told.at(&question.path).ok_or_else(not_found)?;
        match node {
            Node::Token => Ok(access_token(&credential, login.now())),
            Node::Identity => identity(question, login).await,
            Node::Folder(_) if question.recursive => Ok(told_as(node, question.json != Some(false))),
            Node::Folder(_) | Node::Text(_) | Node::Number(_) | Node::Lines(_) => {
                Ok(told_as(node, question.json == Some(true)))
            }
        }
    }
}

/// Whether who asked knows the answer already, and waits for another. Without a word of what is known, it is what is told
/// now.
fn is_known(answer: &Answer, question: &Question) -> bool {
    let etag = answer.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
    question.known.as_deref().is_none_or(|known| Some(known) == etag)
}

fn told_as(node: &Node, json: bool) -> Answer {
    let (kind, body) = match (json, node.json(), node.text()) {
        (true, Some(json), _) => (JSON, json.to_string()),
        (_, _, text) => (TEXT, text.unwrap_or_default()),
    };
    tagged(kind, body)
}

fn access_token(credential: &Credential, now: SystemTime) -> Answer {
    let left = credential.expires_at().and_then(|end| end.duration_since(now).ok());
    let token = credential.field(Field::ACCESS_TOKEN).map(Secret::expose);
    let answer = json!({
        "access_token": token,
        "expires_in": left.map_or(0, |left| left.as_secs()),
        "token_type": "Bearer",
    });
    let mut answer = text(StatusCode::OK, JSON, answer.to_string());
    tag(&mut answer, &digest::of(token.unwrap_or_default()));
    answer
}

async fn identity(question: &Question, login: &dyn AtHand) -> Result<Answer, Answer> {
    let audience = question.audience.as_deref().filter(|audience| !audience.is_empty());
    let Some(audience) = audience else {
        return Err(refusal(StatusCode::BAD_REQUEST, "non-empty audience parameter required"));
    };
    if audience.len() > LONGEST_AUDIENCE || audience.chars().any(char::is_control) {
        return Err(refusal(
            StatusCode::BAD_REQUEST,
            "The audience is too long, or has characters that are none.",
        ));
    }
    if login.login().provider().gives_on_demand() != Some(SIGNED_TOKEN) {
        return Err(refusal(
            StatusCode::NOT_FOUND,
            "Google signs ID tokens for service accounts only, and this login speaks for none: set `service_account`.",
        ));
    }
    let token = login.for_recipient(audience, PATIENCE).await.map_err(|error| refused(&error))?;
    Ok(tagged(TEXT, token.field(SIGNED_TOKEN).map(Secret::expose).unwrap_or_default().to_owned()))
}

/// What the provider says of the login.
fn instance(credential: &Credential) -> Result<Instance, Failure> {
    let missing = || {
        Failure::new("tell of the login", "", Advice::RETRY)
            .message("the credential does not say what it is")
            .hint("Run \"evercred refresh\"; if that does not help, please report this as a bug.")
    };
    let document = credential.field(INSTANCE).ok_or_else(missing)?;
    serde_json::from_str(document.expose()).map_err(|error| missing().caused_by(error))
}

fn tagged(kind: &'static str, body: String) -> Answer {
    let tag_text = digest::of(&body);
    let mut answer = text(StatusCode::OK, kind, body);
    tag(&mut answer, &tag_text);
    answer
}

/// An entity tag as Google writes it: sixteen small letters and digits, without quotes.
fn tag(answer: &mut Answer, digest: &str) {
    let tag: String = digest.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    let tag = HeaderValue::from_str(&tag.to_ascii_lowercase()).ok();
    tag.and_then(|tag| answer.headers_mut().insert(ETAG, tag));
}

fn not_found() -> Answer {
    refusal(
        StatusCode::NOT_FOUND,
        "There is nothing of this name; evercred knows of accounts and projects only.",
    )
}

/// Libraries ask again after 503, and tell their user what 403 says.
fn refused(error: &AttemptError) -> Answer {
    if error.advice == Advice::NeedsAttention {
        return text(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", format!("{}\n", excuse(error)));
    }
    unavailable(error)
}

fn refused_by(failure: &Failure) -> Answer {
    text(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", format!("evercred {failure}.\n"))
}
