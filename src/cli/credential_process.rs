//! `evercred credential-process`: the answer an AWS SDK reads from a profile's `credential_process`.
//!
//! The document that the daemon keeps is the answer if it is good ([`crate::credential_process`]). If it is missing
//! or near its end, an attempt is made, the same as the daemon's and under the same lock, so that a hundred callers
//! make one exchange.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::credential_process::good;
use crate::engine::attempt::Outcome as AttemptOutcome;
use crate::engine::attempt_error::AttemptError;
use crate::exit::Exit;
use crate::login::{Login, LoginId};
use crate::outputs::{process_answer, process_document_of};
use crate::report::Report;

use super::app::{App, runtime};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The document that the daemon keeps for this login
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// The login
    #[arg(value_name = "LOGIN")]
    login: LoginId,
}

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    let (login, attempts) = app.login(&arguments.login)?;
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
        (None, AttemptOutcome::Failed { error, .. }) => Err(refused(&login, &error).into()),
        (None, AttemptOutcome::Fresh { .. }) => {
            let hint = "Is its lifetime shorter than a few seconds, or is another program changing the file?";
            let error = std::io::Error::other(format!("the document is not good ({})", path.display()));
            Err(Report::new(&error, Some(hint.to_owned()), Exit::Failed).into())
        }
    }
}

/// Programs that ask get one line, and where the rest stands.
fn refused(login: &Login, error: &AttemptError) -> Report {
    let report = Report::from(error);
    let place = login.reason.path.display();
    let hint = format!("{} More is in {place}.", report.hint.as_deref().unwrap_or_default());
    Report { error: format!("{}: {}", login.id, report.error), hint: Some(hint), ..report }
}

fn write(document: &[u8]) -> super::Outcome {
    let written = std::io::stdout().write_all(document);
    written.map_err(|error| Report::new(&error, None, Exit::Failed))?;
    Ok(Exit::Fresh)
}
