//! The credential helper of git, which runs `git-credential-NAME` for `credential.helper = NAME`: it becomes
//! `evercred git-credential`.

use std::process::ExitCode;

fn main() -> ExitCode {
    evercred::sibling::become_evercred("git-credential", std::env::args_os().skip(1))
}
