//! The platform's routes: discovery and keys, the Gitpod supervisor, the identity APIs of Gitpod and Ona, GitHub
//! Actions, and a token for whoever asks.
//!
//! Bearer tokens are checked, and so is everything that a real one of these would refuse; the gRPC side of the
//! supervisor and the protobuf encoding of Connect are left out.

mod connect;
mod github;
mod gitpod;
mod idp;
mod ona;
mod plain;

use std::sync::Arc;

use crate::digest::sha256;
use crate::keys::Signer;
use crate::log::Facts;
use crate::state::State;
use crate::tokens::{self, Mint, Shape};
use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// All of them.
pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .merge(idp::routes())
        .merge(gitpod::routes())
        .merge(ona::routes())
        .merge(github::routes())
        .merge(plain::routes())
}

/// The token that a route hands out, and what the log says of it.
fn hand_out(state: &State, shape: Shape, audience: Vec<String>) -> std::io::Result<(String, Facts)> {
    let claims = state.options().platform.claims.clone();
    let lifetime_seconds =
        longest(shape).map(|most| most.min(state.options().platform.token_lifetime.as_secs()));
    let mint = Mint {
        shape,
        audience: audience.clone(),
        lifetime_seconds,
        issued_in_seconds: 0,
        claims,
        signer: Signer::Current,
    };
    let token = tokens::mint(state, &mint)?;
    state.secrets().push(token.clone());
    let facts = Facts { audience, token_id: Some(token_id(&token)), ..Facts::default() };
    Ok((token, facts))
}

/// GitHub's tokens live five minutes at most.
fn longest(shape: Shape) -> Option<u64> {
    (shape == Shape::GithubActions).then_some(300)
}

/// A name for a token that says nothing about it: equal for equal tokens.
pub(crate) fn token_id(token: &str) -> String {
    sha256(token.as_bytes())[..12].to_owned()
}

fn has_bearer(headers: &HeaderMap, expected: &str) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|value| value.strip_prefix("Bearer ")) == Some(expected)
}
