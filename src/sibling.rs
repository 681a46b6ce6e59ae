//! The programs that lie beside each other. Most are small ones that other programs call by a name of their own choice, without
//! arguments of ours; `evercred-explain` is the part of `evercred` that no daemon needs.

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Becomes `evercred COMMAND ARGUMENTS`; what is left is that it could not.
pub fn become_evercred<Word: AsRef<OsStr>>(
    command: &str,
    arguments: impl IntoIterator<Item = Word>,
) -> ExitCode {
    let (program, error) = take_place("evercred", |program| program.arg(command).args(arguments));
    let _ = writeln!(std::io::stderr(), "error: failed to run {}: {error}", program.display());
    ExitCode::FAILURE
}

/// Becomes the program `name` beside this one, set up by `prepare`; gives where it would be, and why it could not.
pub(crate) fn take_place(
    name: &str,
    prepare: impl FnOnce(&mut Command) -> &mut Command,
) -> (PathBuf, io::Error) {
    let program = std::env::current_exe().unwrap_or_default().with_file_name(name);
    let error = prepare(&mut Command::new(&program)).exec();
    (program, error)
}
