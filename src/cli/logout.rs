//! `evercred logout`: take what is ours out of the files, and give back what was there before.

use std::sync::Arc;

use serde_json::json;

use crate::daemon;
use crate::engine::upkeep::LoggedOut;
use crate::exit::Exit;
use crate::login::{Login, LoginId};
use crate::report::Report;

use super::app::{App, runtime};
use super::{Format, print};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins; all, if none is named
    #[arg(value_name = "LOGIN")]
    logins: Vec<LoginId>,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> super::Outcome {
    let (mut logins, attempts) = app.logins(&arguments.logins)?;
    logins.extend(secrets_of(app, &logins)?);
    // What is read with a login goes before it.
    logins.sort_by_key(|login| login.lender().is_none());
    if daemon::is_running(&app.machine.paths.runtime_folder) {
        return Err(daemon_runs().into());
    }
    // Without the files that it speaks of, programs would fail that could do without.
    if let Some(file) = app.resolved()?.variables_file.filter(|_| arguments.logins.is_empty()) {
        file.remove(&app.publisher()).map_err(|failure| Report::from(&failure))?;
    }
    let runtime = runtime()?;
    for login in logins {
        let logged_out = runtime.block_on(Arc::clone(&attempts).log_out(&login));
        let logged_out = logged_out.map_err(|failure| Report::from(&failure))?;
        match format {
            Format::Text => print(&text(&login.id, &logged_out)),
            Format::Json => print(&json!({ "login": login.id, "left": logged_out.left }).to_string()),
        }
    }
    Ok(Exit::Fresh)
}

/// The secrets of these logins that are not among them.
fn secrets_of(app: &App, logins: &[Arc<Login>]) -> Result<Vec<Arc<Login>>, Box<Report>> {
    let is_named = |id: &LoginId| logins.iter().any(|login| login.id == *id);
    let (mut all, _) = app.logins(&[])?;
    all.retain(|login| login.lender().is_some_and(|lender| is_named(&lender.id)) && !is_named(&login.id));
    Ok(all)
}

fn text(id: &LoginId, LoggedOut { left }: &LoggedOut) -> String {
    let left =
        left.iter().map(|path| format!("\n  left     {}, which somebody else wrote since", path.display()));
    format!("{id}: logged out{}", left.collect::<String>())
}

fn daemon_runs() -> Report {
    let error = std::io::Error::other("an evercred runs here, and would log in again");
    let hint = "Stop it first (\"evercred down\"), then log out.";
    Report::new(&error, Some(hint.to_owned()), Exit::Failed)
}
