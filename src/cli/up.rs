//! `evercred up`: a daemon in the background, if none runs yet.
//!
//! The daemon is this program again, as `run --background`: it leaves the session and the terminal, and says on a
//! pipe when it can be talked to, so that nobody guesses. What it writes to stderr before that is shown here. Of ten
//! shells that come at once, one starts it and the others find it running.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use evercred_core::HumanDuration;

use crate::daemon;
use crate::exit::Exit;
use crate::files;
use crate::report::Report;

use super::app::App;
use super::run::READY;
use super::{Format, Global, print, wait};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Return when every login is fresh, or with the reason why that cannot be; after so long at the latest
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "60s")]
    wait: Option<HumanDuration>,
}

pub(super) fn run(app: &App, arguments: &Arguments, global: &Global) -> super::Outcome {
    let runtime_folder = &app.machine.paths.runtime_folder;
    let lock = runtime_folder.join("up.lock");
    let first = files::lock(&lock).map_err(|failure| Report::from(&failure))?;
    let was_running = daemon::is_running(runtime_folder);
    if !was_running {
        start(app, global)?;
    }
    drop(first);
    if let Some(limit) = arguments.wait {
        return wait::until_fresh(app, &[], limit.get(), global.output);
    }
    if global.output == Format::Text {
        print(if was_running { "evercred runs already" } else { "evercred runs" });
    }
    Ok(Exit::Fresh)
}

fn start(app: &App, global: &Global) -> Result<(), Box<Report>> {
    // Mistakes are shown here, and not only in a log.
    let file = app.resolved()?.file;
    let mut command = Command::new(&app.machine.program);
    command.arg("--config").arg(&file).args(global.log.iter().flat_map(|filter| ["--log", filter]));
    command.arg("--log-format").arg(global.log_format.word()).args(["run", "--background"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir("/");
    let child = command.spawn().map_err(|error| not_started(&error, ""))?;
    await_ready(child)
}

/// Waits until the daemon can be talked to, or has ended.
fn await_ready(mut child: Child) -> Result<(), Box<Report>> {
    let mut said = String::new();
    let mut complaints = String::new();
    if let Some(stdout) = &mut child.stdout {
        let _ = stdout.read_to_string(&mut said);
    }
    if said == READY {
        return Ok(());
    }
    if let Some(stderr) = &mut child.stderr {
        let _ = stderr.read_to_string(&mut complaints);
    }
    let error = std::io::Error::other("the daemon ended when it had hardly begun");
    Err(not_started(&error, &complaints).into())
}

fn not_started(error: &std::io::Error, complaints: &str) -> Report {
    let mut report =
        Report::new(error, Some("Try \"evercred run\" to see it happen.".to_owned()), Exit::Failed);
    report
        .causes
        .extend(complaints.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    report
}
