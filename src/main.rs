//! The `evercred` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    evercred::cli::main(&evercred::registry::Registry::built_in())
}
