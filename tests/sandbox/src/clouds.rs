//! The clouds, one folder each.
//!
//! A cloud brings its routes, its options, and what it must remember of its sessions. All verify the platform's
//! tokens through `verify`, and get their faults and their log from the server: a new cloud is a module here, a
//! line in `routes`, a [`crate::Group`], and the words in which it refuses (`server/faulty.rs`).

pub(crate) mod aws;
pub(crate) mod azure;
pub(crate) mod doors;
pub(crate) mod gcp;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;

use crate::state::State;

/// The routes of all clouds.
pub(crate) fn routes() -> Router<Arc<State>> {
    let clouds = aws::routes().merge(azure::routes()).merge(gcp::routes());
    clouds.fallback(answer_by_host)
}

/// What is known by its host, and has paths that no route has.
pub(crate) async fn answer_by_host(
    state: Shared<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let host = azure::host(&headers);
    if doors::cluster::is_one(host) {
        return doors::cluster::answer(&state, host, &headers).await;
    }
    if doors::registry::is_one(host) {
        return doors::registry::answer(&state, host, (&method, &uri), &headers, &body);
    }
    if doors::git::is_one(host) {
        return doors::git::answer(&state, host, &uri, &headers);
    }
    azure::answer_as_storage(state, method, uri, headers, body).await
}
