//! `evercred vault-token-helper`: the same as the program of its own, for scripts.

use crate::exit::Exit;
use crate::report::Report;
use crate::vault_token_helper::{Operation, run as help};

use super::app::App;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to do, for the server in `BAO_ADDR` or `VAULT_ADDR` and the namespace in `BAO_NAMESPACE` or
    /// `VAULT_NAMESPACE`
    #[arg(value_name = "OPERATION")]
    operation: Operation,
}

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    help(arguments.operation, &app.machine.build.surroundings.environment)
        .map_err(|failure| Report::from(&failure))?;
    Ok(Exit::Fresh)
}
