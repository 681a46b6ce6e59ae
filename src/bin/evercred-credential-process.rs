//! The quick `credential_process`: prints the document if it is good, and else becomes `evercred credential-process`.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    evercred::harden::no_dumps();
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if evercred::credential_process::answer(&arguments) {
        return ExitCode::SUCCESS;
    }
    let program = std::env::current_exe().unwrap_or_default().with_file_name("evercred");
    let error = Command::new(&program).arg("credential-process").args(arguments).exec();
    let _ = writeln!(std::io::stderr(), "error: failed to run {}: {error}", program.display());
    ExitCode::FAILURE
}
