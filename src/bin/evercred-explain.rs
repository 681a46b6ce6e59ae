//! What `evercred explain` becomes: the same command line, with what knows the vendors' rules.

use std::process::ExitCode;

fn main() -> ExitCode {
    evercred::cli::explain(&evercred::registry::Registry::built_in().with_explainers())
}
