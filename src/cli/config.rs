//! `evercred config`: check it, show it with its defaults, describe it.

use clap::Subcommand;
use serde_json::json;

use crate::config::schema;
use crate::exit::Exit;

use super::app::App;
use super::{Format, print};

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum Command {
    /// Say everything that is wrong with the config
    Check,
    /// Show the config as it counts, with its defaults and without secrets
    Show,
    /// Print the config's JSON schema
    Schema,
}

pub(super) fn run(app: &App, command: Command, format: Format) -> super::Outcome {
    match command {
        Command::Schema => print(&serde_json::to_string_pretty(&schema(&app.registry)).unwrap_or_default()),
        Command::Show => {
            let resolved = app.resolved()?;
            match format {
                Format::Text => print(&resolved.to_toml()),
                Format::Json => print(&serde_json::to_string_pretty(&resolved.shown).unwrap_or_default()),
            }
        }
        Command::Check => {
            let logins = app.resolved()?.logins;
            let names: Vec<String> = logins.iter().map(|login| login.id.to_string()).collect();
            match format {
                Format::Text => print(&format!("the config is good: {}", names.join(", "))),
                Format::Json => print(&json!({ "good": true, "logins": names }).to_string()),
            }
        }
    }
    Ok(Exit::Fresh)
}
