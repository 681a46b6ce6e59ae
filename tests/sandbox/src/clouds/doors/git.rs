//! Git servers: as much of [smart HTTP](https://git-scm.com/docs/http-protocol) as lists the references of any repository.
//!
//! - CodeCommit (`git-codecommit.REGION.amazonaws.com`): a session's key and token as the user, and a signature over the
//!   repository's path as the password, which is computed anew.
//! - Google (`source.developers.google.com`): an access token as the password of anybody.
//! - Azure (`dev.azure.com`): a token of Entra's for Azure DevOps, as a bearer token, or as the password of anybody.

use std::sync::Arc;

use axum::Extension;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::{basic, bearer};
use crate::clouds::{aws, azure, gcp};
use crate::log::Facts;
use crate::platform::token_id;
use crate::state::State;

const DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";
const ADVERTISEMENT: &str = "/info/refs";
const COMMIT: &str = "8f1c6f0a5b7e4d3c2b1a09f8e7d6c5b4a3928170";

pub(crate) fn is_one(host: &str) -> bool {
    host.starts_with("git-codecommit.") || ["source.developers.google.com", "dev.azure.com"].contains(&host)
}

/// Answers every request to a git server.
pub(crate) fn answer(state: &Arc<State>, host: &str, uri: &Uri, headers: &HeaderMap) -> Response {
    let mut facts = Facts { action: Some(format!("{host}{}", uri.path())), ..Facts::default() };
    let Some(repository) = uri.path().strip_suffix(ADVERTISEMENT) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match who(state, host, repository, headers, &mut facts) {
        Ok(who) => {
            facts.principal = Some(who);
            let kind = [(CONTENT_TYPE, "application/x-git-upload-pack-advertisement")];
            (kind, Extension(facts), advertisement()).into_response()
        }
        Err(why) => {
            facts.error = Some(why);
            let challenge = [(WWW_AUTHENTICATE, format!("Basic realm=\"https://{host}/\""))];
            (StatusCode::UNAUTHORIZED, challenge, Extension(facts)).into_response()
        }
    }
}

fn who(
    state: &Arc<State>,
    host: &str,
    repository: &str,
    headers: &HeaderMap,
    facts: &mut Facts,
) -> Result<String, String> {
    let nothing = || "there is nothing".to_owned();
    if let Some(token) = bearer(headers) {
        facts.bearer_id = Some(token_id(token));
        return match host {
            "dev.azure.com" => azure::bearer_of(state, token, DEVOPS),
            _ => Err("a bearer token is not taken here".to_owned()),
        };
    }
    let (user, password) = basic(headers).ok_or_else(nothing)?;
    facts.granted_id = Some(token_id(&password));
    match host {
        "dev.azure.com" => azure::bearer_of(state, &password, DEVOPS),
        "source.developers.google.com" => gcp::bearer_of(state, &password),
        _ => {
            facts.signed_by = user.split('%').next().map(str::to_owned);
            aws::signed_repository(state, (host, repository), (&user, &password))
        }
    }
}

/// One branch, in the first version of the protocol.
fn advertisement() -> String {
    let lines =
        [format!("{COMMIT} HEAD\0symref=HEAD:refs/heads/main\n"), format!("{COMMIT} refs/heads/main\n")];
    let lines: Vec<String> = lines.iter().map(|line| packet(line)).collect();
    format!("{}0000{}0000", packet("# service=git-upload-pack\n"), lines.concat())
}

fn packet(line: &str) -> String {
    format!("{:04x}{line}", line.len() + 4)
}
