//! `evercred logout`: take what is ours out of the files, and give back what was there before.

use std::sync::Arc;

use serde_json::json;

use crate::daemon;
use crate::engine::upkeep::LoggedOut;
use crate::exit::Exit;
use crate::login::LoginId;
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
    let logins = app.logins(&arguments.logins)?;
    if daemon::is_running(&app.machine.paths.runtime_folder) {
        return Err(daemon_runs().into());
    }
    let (attempts, runtime) = (app.attempts(), runtime()?);
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
