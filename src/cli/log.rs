//! Logging: text for people, JSON for machines, and without a time of its own for journald, which has one.

use std::io::IsTerminal as _;
use std::str::FromStr as _;

use clap::ValueEnum;
use evercred_core::Environment;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, FilterFn, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// One readable line an event.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging to stderr. `filter` is a level (`info`) or a list of targets with levels
/// (`info,evercred::engine=debug`).
pub(super) fn start(filter: &str, format: LogFormat, environment: &Environment) -> Result<(), String> {
    let wrong = || {
        format!(
            "{filter:?} is no log filter; write a level such as \"info\" or \"info,evercred::engine=debug\""
        )
    };
    let targets = Targets::from_str(filter).map_err(|_| wrong())?.and(FilterFn::new(is_ours_or_grave));
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let colour = std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none();
    let layer = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text if environment.get("JOURNAL_STREAM").is_some() => {
            lines.with_ansi(false).without_time().boxed()
        }
        LogFormat::Text => lines.with_ansi(colour).boxed(),
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
