//! Blob storage at `https://ACCOUNT.blob.core.windows.net`: block blobs with their metadata and leases, which is what
//! Terraform keeps its state in. Accounts and containers need not be made first.
//!
//! It takes a bearer token for storage, and nothing else.
//! <https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api>

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::manager::check_bearer;
use super::{host, is_storage};
use crate::log::Facts;
use crate::random;
use crate::state::State;

/// One blob.
#[derive(Debug, Clone, Default)]
struct Blob {
    content: Bytes,
    metadata: BTreeMap<String, HeaderValue>,
    lease: Option<String>,
    etag: String,
}

/// All blobs, by account and path.
#[derive(Debug, Default)]
pub(crate) struct Blobs(BTreeMap<String, Blob>);

/// What a request is about.
struct Call<'a> {
    method: &'a Method,
    /// `comp` in the query: the part of a blob, or `list`.
    part: String,
    prefix: String,
    /// The account's host and the path.
    place: String,
    headers: &'a HeaderMap,
    body: Bytes,
}

/// Answers whatever no route has.
pub(crate) async fn answer(
    Shared(state): Shared<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_storage(host(&headers)) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut facts = Facts::default();
    if let Err((status, code, message)) =
        check_bearer(&state, &headers, &["https://storage.azure.com"], &mut facts)
    {
        facts.error = Some(code.to_owned());
        return (Extension(facts), refuse(status, code, &message)).into_response();
    }
    let query = |name: &str| {
        let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        pairs.into_owned().find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
    };
    let place = format!("{}{}", host(&headers), uri.path());
    let (part, prefix) = (query("comp"), query("prefix"));
    let call = Call { method: &method, part, prefix, place, headers: &headers, body };
    (Extension(facts), state.blobs().answer(&call)).into_response()
}

impl Blobs {
    fn answer(&mut self, call: &Call<'_>) -> Response {
        match (call.method.as_str(), call.part.as_str()) {
            ("GET", "list") => self.list(call),
            ("PUT", "lease") => self.lease(call),
            ("PUT", "metadata") => self.change(call, |blob| blob.metadata = metadata(call.headers)),
            ("PUT", _) => self.put(call),
            ("GET" | "HEAD", _) => self.0.get(&call.place).map_or_else(not_found, read),
            ("DELETE", _) => {
                self.0.remove(&call.place).map_or_else(not_found, |_| StatusCode::ACCEPTED.into_response())
            }
            _ => refuse(405, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb."),
        }
    }

    fn list(&self, call: &Call<'_>) -> Response {
        let below = format!("{}/", call.place);
        let names = self.0.keys().filter_map(|place| place.strip_prefix(&below));
        let names = names.filter(|name| name.starts_with(&call.prefix));
        let blobs: Vec<String> = names.map(|name| format!("<Blob><Name>{name}</Name></Blob>")).collect();
        let blobs = blobs.concat();
        xml(
            StatusCode::OK,
            &format!("<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"),
        )
    }

    fn put(&mut self, call: &Call<'_>) -> Response {
        let lease = self.0.get(&call.place).and_then(|blob| blob.lease.clone());
        if let Some(refusal) = refuse_without_lease(lease.as_deref(), call) {
            return refusal;
        }
        let (content, metadata, etag) = (call.body.clone(), metadata(call.headers), new_etag());
        self.0.insert(call.place.clone(), Blob { content, metadata, lease, etag });
        StatusCode::CREATED.into_response()
    }

    fn change(&mut self, call: &Call<'_>, change: impl FnOnce(&mut Blob)) -> Response {
        let Some(blob) = self.0.get_mut(&call.place) else { return not_found() };
        if let Some(refusal) = refuse_without_lease(blob.lease.as_deref(), call) {
            return refusal;
        }
        change(blob);
        blob.etag = new_etag();
        StatusCode::OK.into_response()
    }

    fn lease(&mut self, call: &Call<'_>) -> Response {
        if header(call.headers, "x-ms-lease-action") != Some("acquire") {
            return self.change(call, |blob| blob.lease = None);
        }
        let Some(blob) = self.0.get_mut(&call.place) else { return not_found() };
        if blob.lease.is_some() {
            return refuse(409, "LeaseAlreadyPresent", "There is already a lease present.");
        }
        let id = header(call.headers, "x-ms-proposed-lease-id").map_or_else(random::uuid, str::to_owned);
        blob.lease = Some(id.clone());
        (StatusCode::CREATED, [("x-ms-lease-id", id)]).into_response()
    }
}

fn refuse_without_lease(lease: Option<&str>, call: &Call<'_>) -> Option<Response> {
    let shown = header(call.headers, "x-ms-lease-id");
    match (lease, shown) {
        (Some(_), None) => Some(refuse(412, "LeaseIdMissing", "There is currently a lease on the blob.")),
        (Some(lease), Some(shown)) if lease != shown => {
            Some(refuse(412, "LeaseIdMismatchWithBlobOperation", "The lease ID did not match."))
        }
        _ => None,
    }
}

fn read(blob: &Blob) -> Response {
    let state = if blob.lease.is_some() { ("leased", "locked") } else { ("available", "unlocked") };
    let mut response = blob.content.clone().into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(blob.content.len()));
    headers.insert("x-ms-blob-type", HeaderValue::from_static("BlockBlob"));
    headers.insert("x-ms-lease-state", HeaderValue::from_static(state.0));
    headers.insert("x-ms-lease-status", HeaderValue::from_static(state.1));
    if let Ok(etag) = HeaderValue::from_str(&blob.etag) {
        headers.insert(ETAG, etag);
    }
    for (name, value) in &blob.metadata {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            headers.insert(name, value.clone());
        }
    }
    response
}

fn metadata(headers: &HeaderMap) -> BTreeMap<String, HeaderValue> {
    let own = headers.iter().filter(|(name, _)| name.as_str().starts_with("x-ms-meta-"));
    own.map(|(name, value)| (name.to_string(), value.clone())).collect()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn new_etag() -> String {
    format!("\"0x{}\"", random::letters(15))
}

fn not_found() -> Response {
    refuse(404, "BlobNotFound", "The specified blob does not exist.")
}

/// What storage says when it says no.
pub(crate) fn refuse(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response =
        xml(status, &format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"));
    if let Ok(code) = HeaderValue::from_str(code) {
        response.headers_mut().insert("x-ms-error-code", code);
    }
    response
}

fn xml(status: StatusCode, content: &str) -> Response {
    let document = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{content}");
    (status, [(CONTENT_TYPE, "application/xml")], document).into_response()
}
