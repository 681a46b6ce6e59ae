//! The side that asks. It blocks, for the commands that use it have nothing else to do meanwhile.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::engine::status::Status;
use crate::exit::Exit;
use crate::files;
use crate::report::Report;

use super::{Answer, Request, socket_path};

/// The daemon answers out of its memory; one that takes so long is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to the daemon.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects; `None` if no daemon listens.
    pub fn connect(runtime_folder: &Path) -> Result<Option<Self>, Box<Report>> {
        let stream =
            files::connect(&socket_path(runtime_folder)).map_err(|failure| Report::from(&failure))?;
        Ok(stream.map(|stream| Self { stream: BufReader::new(stream) }))
    }

    /// Asks, and waits for the answer.
    pub fn ask(mut self, request: &Request) -> Result<Answer, Box<Report>> {
        self.send(request)?;
        self.receive(Some(PATIENCE))?.ok_or_else(|| broken(&ErrorKind::TimedOut.into()).into())
    }

    /// Asks for the status as it changes.
    pub fn watch(mut self) -> Result<Watch, Box<Report>> {
        self.send(&Request::Watch)?;
        Ok(Watch { client: self, again: None })
    }

    fn send(&mut self, request: &Request) -> Result<(), Box<Report>> {
        let mut line = serde_json::to_vec(request).unwrap_or_default();
        line.push(b'\n');
        self.stream.get_mut().write_all(&line).map_err(|error| broken(&error).into())
    }

    /// The next answer; `None` if none came within `patience`.
    fn receive(&mut self, patience: Option<Duration>) -> Result<Option<Answer>, Box<Report>> {
        let mut line = String::new();
        let read =
            self.stream.get_ref().set_read_timeout(patience).and_then(|()| self.stream.read_line(&mut line));
        match read {
            Ok(0) => Err(broken(&ErrorKind::UnexpectedEof.into()).into()),
            Ok(_) => serde_json::from_str(&line).map(Some).map_err(|error| broken(&error.into()).into()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
            Err(error) => Err(broken(&error).into()),
        }
    }
}

/// The status as it changes.
#[derive(Debug)]
pub struct Watch {
    client: Client,
    /// What was read and is to be given again.
    again: Option<Status>,
}

impl Watch {
    /// What comes over `stream` in the same form, unasked for.
    pub fn over(stream: UnixStream) -> Self {
        Self { client: Client { stream: BufReader::new(stream) }, again: None }
    }

    /// The same, with `status` to come next.
    #[must_use]
    pub fn again(self, status: Status) -> Self {
        Self { again: Some(status), ..self }
    }

    /// The next one; `None` if nothing changed for so long.
    pub fn next(&mut self, patience: Option<Duration>) -> Result<Option<Status>, Box<Report>> {
        if let Some(status) = self.again.take() {
            return Ok(Some(status));
        }
        // A wait of zero would mean "for ever" to the kernel.
        let patience = patience.map(|patience| patience.max(Duration::from_millis(1)));
        match self.client.receive(patience)? {
            Some(Answer::Status(status)) => Ok(Some(status)),
            Some(Answer::Failed(report)) => Err(report.into()),
            Some(Answer::Done) | None => Ok(None),
        }
    }
}

fn broken(error: &io::Error) -> Report {
    let error = io::Error::new(error.kind(), format!("the daemon did not answer: {error}"));
    let hint = "It ends, is stuck, or is of another version; look at its log, or restart it.".to_owned();
    Report::new(&error, Some(hint), Exit::Failed)
}
