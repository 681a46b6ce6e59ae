//! The clouds, one folder each.
//!
//! A cloud brings its routes, its options, and what it must remember of its sessions. All verify the platform's
//! tokens through `verify`, and get their faults and their log from the server: a new cloud is a module here, a
//! line in `routes`, a [`crate::Group`], and the words in which it refuses (`server/faulty.rs`).

pub(crate) mod aws;
pub(crate) mod azure;

use std::sync::Arc;

use axum::Router;

use crate::state::State;

/// The routes of all clouds.
pub(crate) fn routes() -> Router<Arc<State>> {
    aws::routes().merge(azure::routes()).fallback(azure::answer_as_storage)
}
