//! What takes something made from a cloud's credential rather than the credential itself: API servers of Kubernetes,
//! registries of container images, and git servers.
//!
//! Clusters (`cluster.rs`) are at hosts that are nobody's; registries (`registry.rs`) and git servers (`git.rs`) at those
//! that the clouds have them at; all through [`crate::Sandbox::proxy_url`]. Each verifies what it is shown by asking the
//! cloud that handed out what it was made from. They leave out everything that comes after: roles, images and commits.

pub(crate) mod cluster;
pub(crate) mod git;
pub(crate) mod registry;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The user and the password of a request.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(given).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The bearer token of a request.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
