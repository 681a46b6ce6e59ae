//! Fetching a token with one GET; the GitHub preset shares it.

use std::path::PathBuf;

use evercred_core::{Advice, Audience, BoxFuture, Environment, Failure, IdToken, Secret};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder};
use url::Url;

use crate::sources::answer::{self, Step};
use crate::sources::{TokenSource, file, problem};

/// A GET whose answer holds a token.
#[derive(Debug)]
pub(in crate::sources) struct Fetch {
    /// What kind of source it is.
    pub(in crate::sources) kind: &'static str,
    /// Where.
    pub(in crate::sources) url: Url,
    /// The query parameter for the audience.
    pub(in crate::sources) parameter: Option<String>,
    /// The JSON pointer to the token; `None`: the body is the token.
    pub(in crate::sources) pointer: Option<String>,
    /// Plain headers.
    pub(in crate::sources) headers: HeaderMap,
    /// What authorises it.
    pub(in crate::sources) authority: Option<Authority>,
    /// The client.
    pub(in crate::sources) client: Client,
    /// What helps if the server refuses: a full sentence.
    pub(in crate::sources) if_refused: &'static str,
}

const IF_MISSING: &str = "Check the path, and who should write the secret there.";

/// The header that authorises a request.
#[derive(Debug)]
pub(in crate::sources) struct Authority {
    header: HeaderName,
    prefix: String,
    secret: Kept,
}

#[derive(Debug)]
enum Kept {
    InFile(PathBuf),
    InVariable { name: String, value: Secret },
}

impl Authority {
    /// With the secret that `path` holds at the time of the request.
    pub(super) fn in_file(header: HeaderName, prefix: String, path: PathBuf) -> Self {
        Self { header, prefix, secret: Kept::InFile(path) }
    }

    /// With the secret in the variable `name`.
    pub(in crate::sources) fn in_variable(
        header: HeaderName,
        prefix: String,
        environment: &Environment,
        name: &str,
    ) -> Self {
        let value = Secret::new(environment.get(name).unwrap_or_default());
        Self { header, prefix, secret: Kept::InVariable { name: name.to_owned(), value } }
    }

    async fn value(&self) -> Result<HeaderValue, Failure> {
        let (secret, place) = match &self.secret {
            Kept::InFile(path) => {
                (Secret::new(file::read(path, IF_MISSING).await?), path.display().to_string())
            }
            Kept::InVariable { name, value } => (value.clone(), name.clone()),
        };
        let unfit = |what: &str| {
            Failure::new("authorise the request for an ID token", &*place, Advice::NeedsAttention)
                .message(what)
                .hint("It must hold the secret for this request, in one line.")
        };
        let secret = secret.expose().trim();
        if secret.is_empty() {
            return Err(unfit("there is no secret in it"));
        }
        let text = Secret::new(format!("{}{secret}", self.prefix));
        let mut value =
            HeaderValue::from_str(text.expose()).map_err(|_| unfit("it cannot be sent in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl Fetch {
    async fn fetch(&self, audience: &Audience) -> Result<IdToken, Failure> {
        let place = self.place();
        let step = Step { operation: "ask for an ID token", place: &place, if_refused: self.if_refused };
        let request = self.request(audience).await?;
        let text = match &self.pointer {
            Some(pointer) => answer::field(request, &[pointer], step).await?,
            None => answer::text(request, step).await?,
        };
        problem::parse(&text, &place, Advice::RETRY)
    }

    async fn request(&self, audience: &Audience) -> Result<RequestBuilder, Failure> {
        let mut url = self.url.clone();
        if let Some(parameter) = &self.parameter {
            url.query_pairs_mut().append_pair(parameter, audience.as_str());
        }
        let request = self.client.get(url).headers(self.headers.clone());
        Ok(match &self.authority {
            Some(authority) => request.header(&authority.header, authority.value().await?),
            None => request,
        })
    }

    /// The URL without its query, which may be secret.
    fn place(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.url.path())
    }
}

impl TokenSource for Fetch {
    fn describe(&self) -> String {
        format!("{} {}", self.kind, self.url.host_str().unwrap_or_default())
    }

    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(self.fetch(audience))
    }
}
