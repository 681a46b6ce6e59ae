//! `evercred config`: check it, show it with its defaults, describe it.

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use crate::audit;
use crate::config::{Resolved, schema};
use crate::doctor::Diagnosis;
use crate::engine::reason::Reason;
use crate::engine::status::Status;
use crate::exit::Exit;
use crate::report;

use super::app::App;
use super::{Format, print, show_warnings};

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum Command {
    /// Say everything that is wrong with the config
    Check,
    /// Show the config as it counts, with its defaults and without secrets
    Show,
    /// Print a JSON schema
    Schema {
        /// Of what
        #[arg(value_name = "WHAT", default_value = "config")]
        of: Document,
    },
}

/// What there is a schema of.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Document {
    /// The config
    Config,
    /// What `status --json` prints
    Status,
    /// A line of the audit log
    Audit,
    /// What `doctor --output json` prints
    Doctor,
    /// The file that says why a login has no good credential
    Reason,
}

pub(super) fn run(app: &App, command: Command, format: Format) -> super::Outcome {
    match command {
        Command::Schema { of } => {
            let schema = match of {
                Document::Config => schema(&app.registry),
                Document::Status => schemars::schema_for!(Status).to_value(),
                Document::Audit => schemars::schema_for!(audit::Entry).to_value(),
                Document::Doctor => schemars::schema_for!(Diagnosis).to_value(),
                Document::Reason => schemars::schema_for!(Reason).to_value(),
            };
            print(&serde_json::to_string_pretty(&schema).unwrap_or_default());
        }
        Command::Show => {
            let resolved = app.resolved()?;
            match format {
                Format::Text => print(&resolved.to_toml()),
                Format::Json => print(&serde_json::to_string_pretty(&resolved.shown).unwrap_or_default()),
            }
        }
        Command::Check => check(&app.resolved()?, format),
    }
    Ok(Exit::Fresh)
}

/// Says that the config counts, and what in it cannot be meant all the same.
fn check(resolved: &Resolved, format: Format) {
    let names: Vec<String> = resolved.logins.iter().map(|login| login.id.to_string()).collect();
    let warnings = report::warnings(resolved);
    match format {
        Format::Text => {
            show_warnings(&resolved.file, &warnings);
            print(&format!("the config is good: {}", names.join(", ")));
        }
        Format::Json => print(&json!({ "good": true, "logins": names, "warnings": warnings }).to_string()),
    }
}
