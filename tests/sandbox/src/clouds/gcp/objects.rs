//! Storage's objects, as far as Terraform keeps its state in them: uploads in one piece, reading, listing and deleting,
//! with conditions on the generation. There is one bucket, `acme-state`, which is also read by its plain path.
//!
//! A bearer must be good and reach storage; what it may do there is left out.
//! <https://cloud.google.com/storage/docs/json_api/v1/objects>

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::apis::refuse_bucket;
use super::bearer::check;
use super::refusal::Refusal;
use super::respond;
use crate::log::Facts;
use crate::state::State;

/// The bucket.
const BUCKET: &str = "acme-state";

/// Those that reach far enough to write.
const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/devstorage.full_control",
    "https://www.googleapis.com/auth/devstorage.read_write",
];

/// One object.
#[derive(Debug, Clone)]
struct Object {
    content: Bytes,
    generation: u64,
}

/// All objects, by name.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    by_name: BTreeMap<String, Object>,
    last_generation: u64,
}

type Parameters = Query<BTreeMap<String, String>>;

pub(super) async fn upload(
    Shared(state): Shared<Arc<State>>,
    Query(parameters): Parameters,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut facts = facts("InsertObject");
    let result = admit(&state, &headers, &mut facts).and_then(|()| {
        let (name, content) = parts(&headers, &body)
            .ok_or_else(|| Refusal::old(400, "badRequest", "Bad multipart request", None))?;
        state.google_objects().insert(&name, content, &parameters)
    });
    respond(result, facts)
}

pub(super) async fn list(
    Shared(state): Shared<Arc<State>>,
    Query(parameters): Parameters,
    headers: HeaderMap,
) -> Response {
    let mut facts = facts("ListObjects");
    let prefix = parameters.get("prefix").cloned().unwrap_or_default();
    let list = |()| json!({"kind": "storage#objects", "items": state.google_objects().below(&prefix)});
    let result = admit(&state, &headers, &mut facts).map(list);
    respond(result, facts)
}

pub(super) async fn about(
    Shared(state): Shared<Arc<State>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut facts = facts("GetObject");
    let result = admit(&state, &headers, &mut facts);
    let result = result.and_then(|()| Ok(described(&name, &state.google_objects().get(&name)?)));
    respond(result, facts)
}

pub(super) async fn delete(
    Shared(state): Shared<Arc<State>>,
    Path(name): Path<String>,
    Query(parameters): Parameters,
    headers: HeaderMap,
) -> Response {
    let mut facts = facts("DeleteObject");
    let result = admit(&state, &headers, &mut facts);
    respond(result.and_then(|()| state.google_objects().remove(&name, &parameters)), facts)
}

pub(super) async fn read(
    Shared(state): Shared<Arc<State>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut facts = facts("ReadObject");
    match admit(&state, &headers, &mut facts).and_then(|()| state.google_objects().get(&name)) {
        Ok(object) => {
            let generation = [("x-goog-generation", object.generation.to_string())];
            (Extension(facts), generation, object.content).into_response()
        }
        Err(refusal) => respond(Err(refusal), facts),
    }
}

fn facts(action: &str) -> Facts {
    Facts { action: Some(action.to_owned()), ..Facts::default() }
}

fn admit(state: &Arc<State>, headers: &HeaderMap, facts: &mut Facts) -> Result<(), Refusal> {
    check(state, headers, &SCOPES, facts).map(drop).map_err(refuse_bucket)
}

impl Objects {
    fn insert(
        &mut self,
        name: &str,
        content: Bytes,
        parameters: &BTreeMap<String, String>,
    ) -> Result<Value, Refusal> {
        self.check_generation(name, parameters)?;
        self.last_generation += 1;
        let object = Object { content, generation: self.last_generation };
        let description = described(name, &object);
        self.by_name.insert(name.to_owned(), object);
        Ok(description)
    }

    fn remove(&mut self, name: &str, parameters: &BTreeMap<String, String>) -> Result<Value, Refusal> {
        self.check_generation(name, parameters)?;
        self.by_name.remove(name).map(|_| json!({})).ok_or_else(|| no_object(name))
    }

    fn get(&self, name: &str) -> Result<Object, Refusal> {
        self.by_name.get(name).cloned().ok_or_else(|| no_object(name))
    }

    fn below(&self, prefix: &str) -> Vec<Value> {
        let found = self.by_name.iter().filter(|(name, _)| name.starts_with(prefix));
        found.map(|(name, object)| described(name, object)).collect()
    }

    fn check_generation(&self, name: &str, parameters: &BTreeMap<String, String>) -> Result<(), Refusal> {
        let wanted = parameters.get("ifGenerationMatch");
        let present = self.by_name.get(name).map_or(0, |object| object.generation).to_string();
        if wanted.is_none_or(|wanted| *wanted == present) {
            return Ok(());
        }
        let message = "At least one of the pre-conditions you specified did not hold.";
        Err(Refusal::old(412, "conditionNotMet", message, Some("If-Match")))
    }
}

fn no_object(name: &str) -> Refusal {
    Refusal::old(404, "notFound", &format!("No such object: {BUCKET}/{name}"), None)
}

fn described(name: &str, object: &Object) -> Value {
    json!({
        "kind": "storage#object",
        "bucket": BUCKET,
        "name": name,
        "size": object.content.len().to_string(),
        "generation": object.generation.to_string(),
        "metageneration": "1",
        "timeCreated": "2026-01-01T00:00:00.000Z",
        "updated": "2026-01-01T00:00:00.000Z",
    })
}

/// The name and the content in a `multipart/related` body: first the description as JSON, then the content.
fn parts(headers: &HeaderMap, body: &[u8]) -> Option<(String, Bytes)> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let boundary = kind.split_once("boundary=")?.1.trim_matches('"');
    let text = std::str::from_utf8(body).ok()?;
    let delimiter = format!("--{boundary}");
    let mut parts = text.split(&delimiter).filter_map(|part| Some(part.split_once("\r\n\r\n")?.1));
    let description: Value = serde_json::from_str(parts.next()?.trim()).ok()?;
    let content = parts.next()?.strip_suffix("\r\n")?;
    Some((description["name"].as_str()?.to_owned(), Bytes::copy_from_slice(content.as_bytes())))
}
