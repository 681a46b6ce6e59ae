//! The small programs beside `evercred`: other programs call them by a name of their own choice, without arguments of ours.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

/// Becomes `evercred COMMAND ARGUMENTS`; what is left is that it could not.
pub fn become_evercred<Word: AsRef<OsStr>>(
    command: &str,
    arguments: impl IntoIterator<Item = Word>,
) -> ExitCode {
    let program = std::env::current_exe().unwrap_or_default().with_file_name("evercred");
    let error = Command::new(&program).arg(command).args(arguments).exec();
    let _ = writeln!(std::io::stderr(), "error: failed to run {}: {error}", program.display());
    ExitCode::FAILURE
}
