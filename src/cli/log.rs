//! Logging: text for people, JSON for machines, and without a time of its own for journald, which has one.
//!
//! A daemon in the background has no terminal: it logs to `evercred.log` in the state folder, which is bounded.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Mutex;

use clap::ValueEnum;
use evercred_core::Environment;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, FilterFn, Targets};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt};

use crate::config::Paths;
use crate::files::BoundedLog;
use crate::report::Report;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// One readable line an event.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// As it stands on a command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// Where lines go, and what they need there.
pub(super) struct Lines {
    writer: BoxMakeWriter,
    has_colour: bool,
    has_time: bool,
}

impl Lines {
    pub(super) fn to_stderr(environment: &Environment) -> Self {
        Self {
            writer: BoxMakeWriter::new(std::io::stderr),
            has_colour: std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none(),
            has_time: environment.get("JOURNAL_STREAM").is_none(),
        }
    }

    /// To the log file; panics, too, for there is no stderr to see them on.
    pub(super) fn to_file(environment: &Environment) -> Result<Self, Box<Report>> {
        let file =
            BoundedLog::open(&log_file(environment)?, LONGEST).map_err(|failure| Report::from(&failure))?;
        std::panic::set_hook(Box::new(|panic| {
            // What it says may quote a secret.
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "A part of evercred panicked.");
        }));
        Ok(Self { writer: BoxMakeWriter::new(Mutex::new(file)), has_colour: false, has_time: true })
    }
}

/// Where a daemon in the background logs to.
pub(super) fn log_file(environment: &Environment) -> Result<PathBuf, Box<Report>> {
    let paths = Paths::of(environment).map_err(|error| Report::from(&error))?;
    Ok(paths.state_folder.join("evercred.log"))
}

/// Some ten thousand lines, and as many in the older generation.
const LONGEST: u64 = 1024 * 1024;

/// Starts logging to `lines`. `filter` is a level (`info`) or a list of targets with levels
/// (`info,evercred::engine=debug`).
pub(super) fn start(filter: &str, format: LogFormat, lines: Lines) -> Result<(), String> {
    let wrong = || {
        format!(
            "{filter:?} is no log filter; write a level such as \"info\" or \"info,evercred::engine=debug\""
        )
    };
    let targets = Targets::from_str(filter).map_err(|_| wrong())?.and(FilterFn::new(is_ours_or_grave));
    let Lines { writer, has_colour, has_time } = lines;
    let layer = fmt::layer().with_writer(writer).with_target(false);
    let layer = match format {
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
        LogFormat::Text if has_time => layer.with_ansi(has_colour).boxed(),
        LogFormat::Text => layer.with_ansi(false).without_time().boxed(),
    };
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
    Ok(())
}

/// SDKs trace whole requests and answers, tokens and keys included, so only their warnings pass, whatever was asked
/// for. Those of the client for Vault do not: it shouts about every error that it returns, three times over.
fn is_ours_or_grave(event: &Metadata<'_>) -> bool {
    if ["rustify", "vaultrs"].iter().any(|client| event.target().starts_with(client)) {
        return false;
    }
    event.target().starts_with("evercred") || *event.level() <= LevelFilter::WARN
}
