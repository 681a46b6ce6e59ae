//! Programs' own requests, with the login's token.
//!
//! These go through the shared HTTP client as they are: vaultrs has calls of its own only, and gives back parsed answers.

use evercred_core::{Advice, BoxFuture, Credential, Failure, Field, Gateway, Passage, Reply, Secret};
use evercred_http::network_failure;
use http::{HeaderName, HeaderValue, Method};
use reqwest::Request;

use crate::failure;
use crate::provider::Vault;
use crate::server::{Server, is_usable};

/// The longest answer that is passed on: lists of a hundred thousand names are shorter.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

const OPERATION: &str = "pass the request on";
const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");

impl Gateway for Vault {
    fn pass<'a>(
        &'a self,
        held: &'a Credential,
        request: &'a Passage,
    ) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let token = held.field(Field::VAULT_TOKEN).filter(|token| is_usable(token));
            let Some(token) = token else { return Err(self.server().lost()) };
            let mut reply = self.server().pass(token, request).await?;
            reply.is_stranger = reply.status == 403 && self.server().does_not_know(token).await;
            Ok(reply)
        })
    }
}

impl Server {
    async fn pass(&self, token: &Secret, request: &Passage) -> Result<Reply, Failure> {
        let broken = |error| network_failure(OPERATION, self.place(), error);
        let request = self.request(token, request).ok_or_else(|| self.unusual())?;
        let mut answer = self.http().execute(request).await.map_err(broken)?;
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(broken)? {
            if body.len() + part.len() > LONGEST_ANSWER {
                return Err(self.too_long());
            }
            body.extend_from_slice(&part);
        }
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        Ok(Reply { status: answer.status().as_u16(), headers, body, is_stranger: false })
    }

    /// Whether that is why a request was refused, and not what it asked for.
    async fn does_not_know(&self, token: &Secret) -> bool {
        let error = self.look_up(token).await.err();
        error.is_some_and(|error| failure::status(&error) == Some(403))
    }

    /// The request for the server; nothing, if it cannot be one.
    fn request(&self, token: &Secret, passage: &Passage) -> Option<Request> {
        let mut url = self.api();
        url.path_segments_mut().ok()?.extend(&passage.path);
        url.set_query(passage.query.as_deref());
        let mut request = Request::new(Method::from_bytes(passage.method.as_bytes()).ok()?, url);
        let headers = request.headers_mut();
        if let Some(namespace) = self.namespace() {
            headers.insert(NAMESPACE, HeaderValue::from_str(namespace).ok()?);
        }
        for (name, value) in &passage.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            headers.insert(name, HeaderValue::from_bytes(value).ok()?);
        }
        let mut token = HeaderValue::from_str(token.expose()).ok()?;
        token.set_sensitive(true);
        headers.insert(TOKEN, token);
        if !passage.body.is_empty() {
            *request.body_mut() = Some(passage.body.clone().into());
        }
        Some(request)
    }

    fn lost(&self) -> Failure {
        Failure::new(OPERATION, self.place(), Advice::RETRY).message("the login has no token")
    }

    fn unusual(&self) -> Failure {
        Failure::new(OPERATION, self.place(), Advice::NeedsAttention)
            .message("it has a method or a header that cannot be sent")
    }

    fn too_long(&self) -> Failure {
        Failure::new(OPERATION, self.place(), Advice::NeedsAttention)
            .message(format!("the answer is longer than {} MiB", LONGEST_ANSWER / 1024 / 1024))
            .hint("Ask the server itself for this, or for less of it at once.")
    }
}
