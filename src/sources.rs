//! Token sources: where ID tokens come from.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use evercred_core::{Audience, BoxFuture, Failure, IdToken};
use evercred_http::BuildContext;

use crate::config::kind::Kind;

/// The token sources there are.
pub const KINDS: &[Kind<Arc<dyn TokenSource>, BuildContext>] = &[];

/// Mints ID tokens. One call is one attempt: no retry, no cache; the engine shares tokens and waits.
pub trait TokenSource: Debug + Send + Sync {
    /// What `status` calls it: the kind and the place, never a secret ("gitpod supervisor at localhost:22999").
    fn describe(&self) -> String;

    /// Mints one token for `audience`. The caller checks its claims.
    fn mint<'a>(&'a self, audience: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>>;

    /// The file whose change means a new token, if there is one; the engine watches it and wakes up.
    fn watched(&self) -> Option<&Path> {
        None
    }

    /// Whether minting is only reading something local (a file, a variable), so that nothing is gained by sharing
    /// a token that was read earlier.
    fn is_local(&self) -> bool {
        false
    }
}
