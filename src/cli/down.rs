//! `evercred down`: the end of the daemon, if one runs.

use crate::control::{Client, Request};
use crate::daemon;
use crate::exit::Exit;
use crate::report::Report;

use super::app::App;
use super::{Format, print};

/// How long an end may take, in steps of 5 ms: longer than logging out of everything may take.
const STEPS: usize = 3000;

pub(super) fn run(app: &App, format: Format) -> super::Outcome {
    let runtime_folder = &app.machine.paths.runtime_folder;
    let client = Client::connect(runtime_folder)?;
    let was_running = client.is_some();
    if let Some(client) = client {
        // Some end before they can answer.
        let asked = client.ask(&Request::Stop);
        if !daemon::wait_for_end(runtime_folder, STEPS) {
            return Err(asked.err().unwrap_or_else(|| stuck().into()));
        }
    }
    if format == Format::Text {
        print(if was_running { "evercred has ended" } else { "no evercred runs here" });
    }
    Ok(Exit::Fresh)
}

fn stuck() -> Report {
    let error = std::io::Error::other("the daemon was asked to end, and has not within 15 s");
    let hint = "\"evercred status\" names its process; end it with \"kill\".".to_owned();
    Report::new(&error, Some(hint), Exit::Failed)
}
