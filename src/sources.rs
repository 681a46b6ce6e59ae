//! Token sources: where ID tokens come from.
//!
//! Adding one is a file with a `Config`, and one line in [`KINDS`].

mod answer;
mod auto;
mod command;
mod env;
mod file;
mod github_actions;
mod gitpod;
mod gp;
mod http;
mod kubernetes;
mod ona;
mod problem;
mod program;
pub mod shared;
#[cfg(test)]
mod tests;
pub mod watch;

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use evercred_core::{Audience, BoxFuture, Failure, IdToken, TokenError};
use evercred_http::BuildContext;

use crate::config::kind::Kind;

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

    /// What the user can do about `problem` with a token of this source, if it knows better than the general
    /// advice: a full sentence.
    fn remedy(&self, problem: &TokenError) -> Option<String> {
        let _ = problem;
        None
    }
}

/// Every kind of token source, by the name it has in config.
pub const KINDS: &[Kind<Arc<dyn TokenSource>, BuildContext>] = &[
    Kind::of::<auto::Config>("auto"),
    Kind::of::<command::Config>("command"),
    Kind::of::<env::Config>("env"),
    Kind::of::<file::Config>("file"),
    Kind::of::<github_actions::Config>("github-actions"),
    Kind::of::<gitpod::Config>("gitpod"),
    Kind::of::<gp::Config>("gp"),
    Kind::of::<http::Config>("http"),
    Kind::of::<kubernetes::Config>("kubernetes"),
    Kind::of::<ona::Config>("ona"),
];
