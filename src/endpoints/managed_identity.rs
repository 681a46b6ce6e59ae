//! A managed identity of Azure's, as App Service and virtual machines have one: a program asks for a token for a resource.
//!
//! App Service (<https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>) gives
//! its programs a secret to present, `IDENTITY_HEADER`; so does the older protocol of it, which Azure Machine Learning
//! still speaks. A virtual machine's
//! (<https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>) wants the header
//! `Metadata: true` and nothing else, so it is answered only if the config says so, and only to the users that may ask.
//!
//! The login's own resources are kept fresh with it. Others are exchanged for when they are asked for, unless the config
//! forbids that.

mod dialect;
mod question;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_core::{Advice, BoxFuture, Credential, Field, IdToken, Secret};
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use hyper::{Method, Request, StatusCode};
use serde_json::{Map, Value};

use super::{AtHand, Endpoint, Key, Made};
use crate::engine::attempt_error::AttemptError;
use crate::serve::{Answer, Listen};

use dialect::{Dialect, Issued};
use question::{Identity, Question};

/// A managed identity for one login.
#[derive(Debug)]
pub(crate) struct ManagedIdentity {
    rules: Rules,
    /// What was read out of the credential in use.
    read: Made<Arc<Held>>,
}

/// Where it is, and what it answers to whom.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Where it listens.
    pub(crate) listen: Listen,
    /// What programs present.
    pub(crate) key: Arc<Key>,
    /// Whether resources are answered that the login does not name.
    pub(crate) other_resources: bool,
    /// Whose programs are answered without presenting anything, if any are.
    pub(crate) machine: Option<Users>,
    /// What the identity is called in Azure's resource manager.
    pub(crate) resource_id: Option<String>,
}

/// Whose programs.
#[derive(Debug)]
pub(crate) enum Users {
    /// Everybody's.
    All,
    /// Theirs.
    Of(Vec<u32>),
}

/// The tokens of a credential, and whose they are.
#[derive(Debug)]
struct Held {
    client: String,
    object: Option<String>,
    tokens: Vec<(String, Token)>,
}

#[derive(Debug, Clone)]
struct Token {
    secret: Secret,
    expires_on: u64,
}

/// Azure's SDKs wait long, and ask again if they hear nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// The path of App Service's.
pub(crate) const APP_SERVICE: &str = "/msi/token";
/// The path of a virtual machine's.
pub(crate) const MACHINE: &str = "/metadata/identity/oauth2/token";

impl Endpoint for ManagedIdentity {
    fn listen(&self) -> &Listen {
        &self.rules.listen
    }

    fn answer<'a>(&'a self, request: &'a Request<Bytes>, login: &'a dyn AtHand) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let answered = match self.admit(request).await {
                Ok(dialect) => self.look_up(dialect, request, login).await,
                Err(refused) => Err(refused),
            };
            answered.unwrap_or_else(|refused| refused)
        })
    }
}

impl ManagedIdentity {
    /// One that keeps these rules.
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, read: Made::default() }
    }

    /// How it was asked, by somebody who may.
    async fn admit(&self, request: &Request<Bytes>) -> Result<Dialect, Answer> {
        let dialect = match request.uri().path() {
            APP_SERVICE => Dialect::of_app_service(request.uri()),
            MACHINE => Dialect::Machine,
            _ => return Err(Dialect::Machine.refuse((StatusCode::NOT_FOUND, "not_found", NO_PATH))),
        };
        if *request.method() != Method::GET {
            let no = (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Only GET is answered.");
            return Err(dialect.refuse(no));
        }
        match dialect.secret_header() {
            Some(header) => self.check_key(dialect, header, request).await?,
            None => self.check_machine(dialect, request).await?,
        }
        Ok(dialect)
    }

    async fn check_key(
        &self,
        dialect: Dialect,
        header: &str,
        request: &Request<Bytes>,
    ) -> Result<(), Answer> {
        let presented = request.headers().get(header).map(HeaderValue::as_bytes);
        if self.rules.key.admits(presented.unwrap_or_default()).await {
            return Ok(());
        }
        Err(dialect.refuse((StatusCode::UNAUTHORIZED, "unauthorized", NO_KEY)))
    }

    async fn check_machine(&self, dialect: Dialect, request: &Request<Bytes>) -> Result<(), Answer> {
        match &self.rules.machine {
            None => return Err(dialect.refuse((StatusCode::NOT_FOUND, "not_found", NO_MACHINE))),
            Some(Users::All) => {}
            Some(Users::Of(users)) => super::admit_users(request, users).await?,
        }
        if request
            .headers()
            .get("metadata")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
        {
            return Ok(());
        }
        let no = (StatusCode::BAD_REQUEST, "invalid_request", "Required metadata header not specified");
        Err(dialect.refuse(no))
    }

    async fn look_up(
        &self,
        dialect: Dialect,
        request: &Request<Bytes>,
        login: &dyn AtHand,
    ) -> Result<Answer, Answer> {
        let question = Question::of(request.uri(), dialect)
            .map_err(|what| dialect.refuse((StatusCode::BAD_REQUEST, "invalid_request", what)))?;
        let credential = login.credential(PATIENCE).await.map_err(|error| failed(dialect, &error))?;
        let Ok(held) =
            self.read.of(&credential, |credential| Ok::<_, Infallible>(Arc::new(Held::read(credential))));
        if !self.is_it(&held, &question.identity) {
            return Err(dialect.no_identity());
        }
        let token = match held.token(&question.resource) {
            Some(token) => token.clone(),
            None => self.other(dialect, &question.resource, login).await?,
        };
        Ok(dialect.issue(&Issued {
            token: token.secret.expose(),
            expires_on: token.expires_on,
            lasts: token.expires_on.saturating_sub(seconds(login.now())),
            resource: &question.resource,
            client: &held.client,
        }))
    }

    /// Whether the identity that was asked for is this login's.
    fn is_it(&self, held: &Held, asked: &Identity) -> bool {
        let (known, asked) = match asked {
            Identity::Any => return true,
            Identity::Client(id) => (Some(held.client.as_str()), id),
            Identity::Object(id) => (held.object.as_deref(), id),
            Identity::Resource(id) => (self.rules.resource_id.as_deref(), id),
        };
        known.is_some_and(|known| known.eq_ignore_ascii_case(asked))
    }

    /// A token for a resource that is not kept fresh.
    async fn other(&self, dialect: Dialect, resource: &str, login: &dyn AtHand) -> Result<Token, Answer> {
        if !self.rules.other_resources {
            let message = format!(
                "The resource {resource} is none of the `resources` of {}, and evercred's config says \
                 `other_resources = false`.",
                login.login().id
            );
            return Err(dialect.refuse((StatusCode::BAD_REQUEST, "invalid_resource", &message)));
        }
        let got = login.for_recipient(resource, PATIENCE).await;
        let credential = got.map_err(|error| failed(dialect, &error))?;
        let token = credential.field(Field::ACCESS_TOKEN).zip(credential.expires_at());
        token.map(|(secret, end)| Token { secret: secret.clone(), expires_on: seconds(end) }).ok_or_else(
            || dialect.refuse((StatusCode::SERVICE_UNAVAILABLE, "server_error", "The token has no end.")),
        )
    }
}

impl Held {
    fn read(credential: &Credential) -> Self {
        let text = |field| credential.field(field).map(Secret::expose).unwrap_or_default();
        let tokens: Map<String, Value> = serde_json::from_str(text(Field::ACCESS_TOKENS)).unwrap_or_default();
        let token = |(name, entry): (String, Value)| {
            let secret = Secret::new(entry["access_token"].as_str()?);
            Some((bare(&name).to_owned(), Token { secret, expires_on: entry["expires_on"].as_u64()? }))
        };
        let claims = IdToken::parse(text(Field::ACCESS_TOKEN)).ok().map(|token| token.claims().clone());
        Self {
            client: text(Field::CLIENT_ID).to_owned(),
            object: claims.and_then(|claims| claims.text("oid").map(str::to_owned)),
            tokens: tokens.into_iter().filter_map(token).collect(),
        }
    }

    fn token(&self, resource: &str) -> Option<&Token> {
        self.tokens.iter().find(|(name, _)| name == bare(resource)).map(|(_, token)| token)
    }
}

/// A resource without what does not tell it from others: the login names `https://vault.azure.net/`, a program asks for
/// `https://vault.azure.net`.
fn bare(resource: &str) -> &str {
    resource.strip_suffix("/.default").unwrap_or(resource).trim_end_matches('/')
}

fn seconds(instant: SystemTime) -> u64 {
    instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Clients ask again after 503. Azure says 400 when an identity, or a resource, is not what was asked for.
fn failed(dialect: Dialect, error: &AttemptError) -> Answer {
    let (status, code) = match (error.advice, error.code.as_deref()) {
        (Advice::NeedsAttention, Some("AADSTS500011")) => (StatusCode::BAD_REQUEST, "invalid_resource"),
        (Advice::NeedsAttention, _) => (StatusCode::BAD_REQUEST, "invalid_request"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
    };
    dialect.refuse((status, code, &super::excuse(error)))
}

const NO_PATH: &str = "There is nothing of this name; evercred knows of a managed identity's tokens only.";
const NO_KEY: &str = "The secret is not the one of this managed identity: IDENTITY_HEADER must be as evercred's file of \
                      variables has it.";
const NO_MACHINE: &str = "This is no virtual machine's identity: set IDENTITY_ENDPOINT and IDENTITY_HEADER as evercred's \
                          file of variables has them, or let evercred's config say `imds = true`.";
