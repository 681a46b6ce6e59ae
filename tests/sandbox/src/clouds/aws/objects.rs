//! S3 at `/s3/BUCKET/KEY`: objects that are put, read, listed and deleted, which is what Terraform keeps its state in.
//! Buckets need not be made first.
//!
//! It verifies the signature of each request like STS does, and that the body is the one that was signed. It leaves out
//! permissions, versions, parts, checksums of its own, and chunked signatures.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::{Call, Refusal, signature};
use crate::log::Facts;
use crate::random;
use crate::state::State;

/// One object.
#[derive(Debug)]
struct Object {
    content: Bytes,
    etag: String,
}

/// All objects, by bucket and key.
#[derive(Debug, Default)]
pub(crate) struct Objects(BTreeMap<String, Object>);

pub(super) async fn answer(
    Shared(state): Shared<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { method: &method, uri: &uri, headers: &headers, body: &body };
    let mut facts = Facts { action: Some(method.to_string()), ..Facts::default() };
    let answer = match signature::caller(&state, &call, "s3", &mut facts) {
        Ok(_) => state.objects().answer(&call),
        Err(refusal) => {
            facts.error = Some(refusal.code.clone());
            refuse(&refusal)
        }
    };
    (Extension(facts), answer).into_response()
}

impl Objects {
    fn answer(&mut self, call: &Call<'_>) -> Response {
        let place = call.uri.path().trim_start_matches("/s3/").to_owned();
        let is_bucket = !place.trim_end_matches('/').contains('/');
        match call.method.as_str() {
            "GET" | "HEAD" if is_bucket => self.list(&place, call.uri.query().unwrap_or_default()),
            "GET" | "HEAD" => self.0.get(&place).map_or_else(no_such_key, read),
            "PUT" if call.headers.contains_key("if-none-match") && self.0.contains_key(&place) => {
                let message = "At least one of the pre-conditions you specified did not hold";
                refuse(&Refusal::new(412, "PreconditionFailed", message))
            }
            "PUT" => self.put(place, call.body),
            "DELETE" => {
                self.0.remove(&place);
                StatusCode::NO_CONTENT.into_response()
            }
            _ => refuse(&Refusal::new(405, "MethodNotAllowed", "The specified method is not allowed.")),
        }
    }

    fn put(&mut self, place: String, content: &[u8]) -> Response {
        let etag = format!("\"{}\"", random::letters(32));
        let answer = (StatusCode::OK, [(ETAG, etag.clone())]).into_response();
        self.0.insert(place, Object { content: Bytes::copy_from_slice(content), etag });
        answer
    }

    fn list(&self, bucket: &str, query: &str) -> Response {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        let prefix =
            pairs.filter(|(key, _)| key == "prefix").map(|(_, value)| value).next().unwrap_or_default();
        let below = format!("{}/", bucket.trim_end_matches('/'));
        let keys = self.0.keys().filter_map(|place| place.strip_prefix(&below));
        let found: Vec<String> = keys
            .filter(|key| key.starts_with(&prefix))
            .map(|key| format!("<Contents><Key>{key}</Key></Contents>"))
            .collect();
        let (count, found) = (found.len(), found.concat());
        let list = format!("<KeyCount>{count}</KeyCount><IsTruncated>false</IsTruncated>{found}");
        xml(StatusCode::OK, &format!("<ListBucketResult>{list}</ListBucketResult>"))
    }
}

fn read(object: &Object) -> Response {
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (ETAG, object.etag.clone())];
    (StatusCode::OK, headers, object.content.clone()).into_response()
}

fn no_such_key() -> Response {
    refuse(&Refusal::new(404, "NoSuchKey", "The specified key does not exist."))
}

fn refuse(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let (code, message) = (&refusal.code, refusal.message());
    xml(status, &format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
}

fn xml(status: StatusCode, content: &str) -> Response {
    let document = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{content}");
    (status, [(CONTENT_TYPE, "application/xml")], document).into_response()
}
