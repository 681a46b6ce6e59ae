//! `evercred credential-process`: the answer an AWS SDK reads from a profile's `credential_process`.
//!
//! SDKs run it for every client they make, and botocore for every request in a credential's last quarter of an hour,
//! so the usual case is the fast path: the document that the daemon keeps is there and still good, and is printed
//! before anything else is set up. Only if it is missing or near its end is an attempt made, the same as the
//! daemon's and under the same lock, so that a hundred callers make one exchange.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use evercred_core::WallClock as _;
use serde::Deserialize;

use crate::engine::attempt::Outcome as AttemptOutcome;
use crate::engine::attempt_error::AttemptError;
use crate::exit::Exit;
use crate::login::LoginId;
use crate::outputs::{process_answer, process_document_of};
use crate::report::Report;
use crate::time::{SystemClock, rfc3339};

use super::app::{App, runtime};

/// A document that ends sooner is not handed out: some SDKs use a credential up to its last second.
const MARGIN: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The document that the daemon keeps for this login
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// The login
    #[arg(value_name = "LOGIN")]
    login: LoginId,
}

/// Answers at once, if the arguments are `credential-process … --document FILE …` and FILE is good.
pub(super) fn fast(arguments: &[OsString]) -> Option<Exit> {
    let [_, command, rest @ ..] = arguments else { return None };
    if command != "credential-process" {
        return None;
    }
    let flag = rest.iter().position(|argument| argument == "--document")?;
    let document = good(Path::new(rest.get(flag + 1)?), SystemClock.now())?;
    std::io::stdout().write_all(&document).ok()?;
    Some(Exit::Fresh)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'d> {
    #[serde(borrow)]
    expiration: Option<&'d str>,
}

/// The document's bytes, unless it is missing, broken or near its end.
fn good(path: &Path, now: SystemTime) -> Option<Vec<u8>> {
    let bytes = std::fs::read(path).ok()?;
    let document: Document<'_> = serde_json::from_slice(&bytes).ok()?;
    let fresh =
        document.expiration.is_none_or(|end| rfc3339::parse(end).is_some_and(|end| end > now + MARGIN));
    fresh.then_some(bytes)
}

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    let login = app.login(&arguments.login)?;
    let attempts = app.attempts();
    let files = login.outputs.iter().map(|output| output.target().path.as_path());
    let kept = process_document_of(&login.id.to_string(), files);
    let Some(path) = kept else {
        let obtained = runtime()?.block_on(attempts.obtain(&login));
        let credential = obtained.map_err(|(_, failure)| Report::from(&failure))?;
        let document = process_answer(&credential, &"stdout").map_err(|failure| Report::from(&failure))?;
        return write(&document);
    };
    // What the record calls fresh but the document does not have is not good enough.
    let outcome = runtime()?.block_on(attempts.run(&login, SystemTime::UNIX_EPOCH));
    let document = good(path, app.clock.now());
    match (document, outcome) {
        (Some(document), _) => write(&document),
        (None, AttemptOutcome::Failed { error, .. }) => Err(report(&error).into()),
        (None, AttemptOutcome::Fresh { .. }) => {
            let hint = "Is its lifetime shorter than a few seconds, or is another program changing the file?";
            let error = std::io::Error::other(format!("the document is not good ({})", path.display()));
            Err(Report::new(&error, Some(hint.to_owned()), Exit::Failed).into())
        }
    }
}

fn write(document: &[u8]) -> super::Outcome {
    let written = std::io::stdout().write_all(document);
    written.map_err(|error| Report::new(&error, None, Exit::Failed))?;
    Ok(Exit::Fresh)
}

fn report(error: &AttemptError) -> Report {
    let mut report =
        Report::new(&std::io::Error::other(error.message.clone()), error.hint.clone(), error.advice.into());
    report.causes.clone_from(&error.causes);
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, at: &str) -> bool {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        good(file.path(), rfc3339::parse(at).unwrap()).is_some()
    }

    #[test]
    fn a_document_is_good_until_shortly_before_its_end() {
        let document = r#"{"Version":1,"Expiration":"2026-11-22T20:33:35Z"}"#;
        assert!(check(document, "2026-11-22T20:33:29Z"));
        assert!(!check(document, "2026-11-22T20:33:30Z"));
    }

    #[test]
    fn a_broken_or_missing_document_is_not_good() {
        assert!(!check("{\"Version\":1,", "2026-11-22T20:33:29Z"));
        assert!(!check(r#"{"Expiration":"soon"}"#, "2026-11-22T20:33:29Z"));
        assert_eq!(good(Path::new("/nonexistent"), SystemTime::UNIX_EPOCH), None);
    }
}
