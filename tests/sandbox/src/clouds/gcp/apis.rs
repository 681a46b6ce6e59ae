//! Two APIs that want a good bearer token: the list of projects (Resource Manager) and of buckets (Storage, which
//! refuses in its own, older words).

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;

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
    let method = "google.cloudresourcemanager.v1.Projects.ListProjects";
    let bearer = check(&state, &headers, &SCOPES_OF_PROJECTS, &mut facts);
    let (id, number) = {
        let options = state.options();
        (options.gcp.project_id.clone(), options.gcp.project_number.clone())
    };
    let list = json!({"projects": [{
        "projectId": id,
        "projectNumber": number,
        "name": id,
        "lifecycleState": "ACTIVE",
        "createTime": "2026-01-01T00:00:00Z",
    }]});
    let refuse = |trouble| refusal(trouble, "cloudresourcemanager.googleapis.com", method);
    respond(bearer.map(|_| list).map_err(refuse), facts)
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

fn refuse_bucket(trouble: Trouble) -> Refusal {
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
