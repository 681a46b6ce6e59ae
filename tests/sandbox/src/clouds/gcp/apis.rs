//! Two APIs that want a good bearer token: projects (Resource Manager) and the list of buckets (Storage, which
//! refuses in its own, older words).

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::bearer::{Trouble, check, refusal};
use super::refusal::Refusal;
use super::respond;
use crate::log::Facts;
use crate::state::State;

const SCOPES_OF_PROJECTS: [&str; 2] = [
    "https://www.googleapis.com/auth/cloud-platform.read-only",
    "https://www.googleapis.com/auth/cloudplatformprojects.readonly",
];
const SCOPES_OF_STORAGE: [&str; 4] = [
    "https://www.googleapis.com/auth/cloud-platform.read-only",
    "https://www.googleapis.com/auth/devstorage.full_control",
    "https://www.googleapis.com/auth/devstorage.read_only",
    "https://www.googleapis.com/auth/devstorage.read_write",
];

pub(super) async fn projects(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let mut facts = Facts { action: Some("ListProjects".to_owned()), ..Facts::default() };
    let result = manager(&state, &headers, &mut facts).map(|()| json!({"projects": [own(&state)]}));
    respond(result, facts)
}

/// A project by its id or its number; libraries look up the id of the one that a pool is in.
pub(super) async fn project(
    Shared(state): Shared<Arc<State>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let mut facts = Facts { action: Some("GetProject".to_owned()), ..Facts::default() };
    let own = own(&state);
    let result = manager(&state, &headers, &mut facts).and_then(|()| {
        if own["projectId"] == name.as_str() || own["projectNumber"] == name.as_str() {
            return Ok(own);
        }
        Err(Refusal::api(403, "PERMISSION_DENIED", "The caller does not have permission"))
    });
    respond(result, facts)
}

fn manager(state: &Arc<State>, headers: &HeaderMap, facts: &mut Facts) -> Result<(), Refusal> {
    let service = "cloudresourcemanager.googleapis.com";
    let method =
        format!("google.cloudresourcemanager.v1.Projects.{}", facts.action.as_deref().unwrap_or_default());
    let bearer = check(state, headers, &SCOPES_OF_PROJECTS, facts);
    bearer.map(drop).map_err(|trouble| refusal(trouble, service, &method))
}

fn own(state: &State) -> Value {
    let options = state.options();
    json!({
        "projectId": options.gcp.project_id,
        "projectNumber": options.gcp.project_number,
        "name": options.gcp.project_id,
        "lifecycleState": "ACTIVE",
        "createTime": "2026-01-01T00:00:00Z",
    })
}

pub(super) async fn buckets(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    let mut facts = Facts { action: Some("ListBuckets".to_owned()), ..Facts::default() };
    let bearer = check(&state, &headers, &SCOPES_OF_STORAGE, &mut facts);
    let list = json!({"kind": "storage#buckets", "items": [{
        "kind": "storage#bucket",
        "id": "acme-builds",
        "name": "acme-builds",
        "location": "EU",
        "storageClass": "STANDARD",
        "timeCreated": "2026-01-01T00:00:00.000Z",
        "updated": "2026-01-01T00:00:00.000Z",
    }]});
    respond(bearer.map(|_| list).map_err(refuse_bucket), facts)
}

pub(super) fn refuse_bucket(trouble: Trouble) -> Refusal {
    let header = Some("Authorization");
    match trouble {
        Trouble::Missing => Refusal::old(
            401,
            "required",
            "Anonymous caller does not have storage.buckets.list access to the Google Cloud project. Permission \
             'storage.buckets.list' denied on resource (or it may not exist).",
            header,
        ),
        Trouble::Unknown | Trouble::Over => Refusal::old(401, "authError", "Invalid Credentials", header),
        Trouble::TooNarrow => Refusal::old(403, "insufficientPermissions", "Insufficient Permission", None),
    }
}
