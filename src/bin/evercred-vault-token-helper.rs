//! The token helper of `bao` and `vault`; what it does stands in the library.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    evercred::vault_token_helper::main(&arguments)
}
