//! A server greeted: whether it is there, before anything is asked of it.

use std::time::SystemTime;

use crate::Failure;

/// What came of greeting one server. Whatever it answered, if only a refusal, it is there.
#[derive(Debug)]
pub struct Contact {
    /// Its address, without a path.
    pub server: String,
    /// What its clock shows (RFC 9110, `Date`), if it says so; or why nobody answered.
    pub outcome: Result<Option<SystemTime>, Failure>,
}
