//! The proof by Google's own library that programs will get a token from the settings they are about to be given.
//!
//! `google-cloud-auth` takes the very document that is to be written, but for where the ID token lies: nothing is
//! written yet, so the token lies in a nameless file in memory, which no other user can open and which goes with its
//! last descriptor. The library takes neither a client nor a time limit, and starts a task of its own that would go on
//! asking Google for as long as the daemon lives; so it runs on a thread with a runtime that ends with the question.
//!
//! What it cannot prove: that programs find the file, and that their own proxies and certificate authorities are right.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use evercred_core::{Advice, Failure, IdToken, Secret};
use google_cloud_auth::credentials::external_account::Builder;
use google_cloud_auth::errors::CredentialsError;
use rustix::fs::MemfdFlags;
use serde_json::{Map, Value, json};

use crate::settings::EVERYTHING;

/// The library has no limit of its own, and asks up to two services.
const LIMIT: Duration = Duration::from_secs(20);

/// Lets the library get a token for `id_token` from `document`, or says why it could not.
pub(crate) async fn prove(
    document: Map<String, Value>,
    id_token: &IdToken,
    place: &str,
) -> Result<(), Failure> {
    let failure = |advice| Failure::new("prove the settings by Google's own library", place, advice);
    let file = nameless(id_token.raw()).map_err(|error| {
        failure(Advice::RETRY)
            .caused_by(error)
            .hint("Leave `verify` out where files in memory are not allowed.")
    })?;
    let asked = tokio::task::spawn_blocking(move || ask(document, &file, LIMIT)).await;
    match asked.unwrap_or_else(|_| Err(Problem::Panicked)) {
        Ok(()) => Ok(()),
        Err(problem) => Err(failure(problem.advice())
            .message(problem.text())
            .hint("evercred's own exchange with the same settings succeeded, so the difference is on this machine: \
                   SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY. Programs would fail in the same way; what was there before is \
                   kept.")
            .conceal([id_token.raw()])),
    }
}

enum Problem {
    Refused(CredentialsError),
    Unusable(String),
    Slow(Duration),
    Panicked,
}

impl Problem {
    fn advice(&self) -> Advice {
        match self {
            Self::Refused(error) if !error.is_transient() => Advice::NeedsAttention,
            Self::Unusable(_) => Advice::NeedsAttention,
            _ => Advice::RETRY,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Refused(error) => chain(error),
            Self::Unusable(what) => what.clone(),
            Self::Slow(limit) => format!("it had no token after {} s", limit.as_secs()),
            Self::Panicked => "it panicked".to_owned(),
        }
    }
}

/// Runs the library to its first answer, and nothing of it any longer.
fn ask(mut document: Map<String, Value>, file: &File, limit: Duration) -> Result<(), Problem> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    document.insert("credential_source".to_owned(), json!({ "file": path }));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::Unusable(error.to_string()))?;
    let answer = runtime.block_on(async {
        let credentials = Builder::new(Value::Object(document))
            .with_scopes([EVERYTHING])
            .build_access_token_credentials()
            .map_err(|error| Problem::Unusable(chain(&error)))?;
        match tokio::time::timeout(limit, credentials.access_token()).await {
            Ok(Ok(token)) if !token.token.is_empty() => Ok(()),
            Ok(Ok(_)) => Err(Problem::Unusable("the token it got is empty".to_owned())),
            Ok(Err(error)) => Err(Problem::Refused(error)),
            Err(_) => Err(Problem::Slow(limit)),
        }
    });
    runtime.shutdown_background();
    answer
}

/// A file without a name that holds the token.
fn nameless(token: &Secret) -> std::io::Result<File> {
    let mut file = File::from(rustix::fs::memfd_create("id-token", MemfdFlags::CLOEXEC)?);
    file.write_all(token.expose().as_bytes())?;
    Ok(file)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_service_that_never_answers_is_given_up() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1/token", silent.local_addr().unwrap());
        let document = json!({
            "type": "external_account",
            "audience": "a",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": url,
        });
        let _ = evercred_http::Http::new(&evercred_core::Environment::default());
        let Value::Object(document) = document else { unreachable!() };
        let file = nameless(&Secret::new("a.b.c")).unwrap();
        let problem = ask(document, &file, Duration::from_millis(300)).unwrap_err();
        assert!(matches!(problem, Problem::Slow(_)), "{}", problem.text());
        assert!(silent.accept().is_ok(), "it was asked");
    }
}
