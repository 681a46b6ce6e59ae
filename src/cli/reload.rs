//! `evercred reload`: the daemon reads its config again, as it does by itself when the file changes.

use crate::control::{Answer, Request};
use crate::exit::Exit;

use super::app::App;
use super::{Format, Outcome, print, wait};

pub(super) fn run(app: &App, format: Format) -> Outcome {
    match wait::connect(app)?.ask(&Request::Reload)? {
        Answer::Failed(report) => Err(report.into()),
        Answer::Done | Answer::Status(_) => {
            if format == Format::Text {
                print("the config counts");
            }
            Ok(Exit::Fresh)
        }
    }
}
