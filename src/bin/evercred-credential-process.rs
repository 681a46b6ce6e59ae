//! The quick `credential_process`: prints the document if it is good, and else becomes `evercred credential-process`.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    evercred::harden::no_dumps();
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if evercred::credential_process::answer(&arguments) {
        return ExitCode::SUCCESS;
    }
    evercred::sibling::become_evercred("credential-process", arguments)
}
