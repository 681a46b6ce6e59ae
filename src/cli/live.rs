//! `evercred status --watch`: the status as it changes.
//!
//! On a terminal it is drawn anew, and once a second, because ages grow; elsewhere, each change is printed once.

use std::io::IsTerminal as _;
use std::time::Duration;

use crate::control::Watch;
use crate::engine::status::Status;
use crate::login::LoginId;

use super::app::App;
use super::status::{answer, at_present, select};
use super::{Format, Outcome, print, show};

/// Home, and everything below it erased (ECMA-48 CUP, ED).
const CLEAR: &str = "\x1b[H\x1b[2J";
const SECOND: Duration = Duration::from_secs(1);

/// Shows what `watch` tells of `logins` until the daemon ends.
pub(super) fn show(app: &App, mut watch: Watch, logins: &[LoginId], format: Format) -> Outcome {
    let is_drawn = format == Format::Text && std::io::stdout().is_terminal();
    let patience = is_drawn.then_some(SECOND);
    let mut last = None;
    loop {
        let news = match watch.next(patience) {
            Ok(news) => news.map(|status| select(status, logins)).transpose()?,
            // The daemon has ended, which is no failure of ours.
            Err(report) => {
                return last.map(|status| answer(None, &status, format)).ok_or(report);
            }
        };
        last = news.or(last).map(|status| at_present(status, app.clock.now()));
        if let Some(status) = &last {
            one(status, format, is_drawn);
        }
    }
}

fn one(status: &Status, format: Format, is_drawn: bool) {
    match format {
        Format::Json => print(&serde_json::to_string(status).unwrap_or_default()),
        Format::Text => {
            let text = [vec![show::heading(status) + "\n"], show::paragraphs(status)].concat().join("\n");
            print(&format!("{}{text}", if is_drawn { CLEAR } else { "" }));
        }
    }
}
