//! Placeholder.

use std::sync::Arc;

use axum::Router;

use crate::state::State;

#[derive(Debug, Default)]
pub(crate) struct Blobs;

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
}
