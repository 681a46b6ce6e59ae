//! The token helper of `bao` and `vault`: the token for the server and the namespace that a command is about to ask.
//!
//! [A token helper](https://openbao.org/docs/commands/token-helper/) is a program that is run with `get`, `store` or
//! `erase`. `bao` tells it the address in `BAO_ADDR` and `VAULT_ADDR`, also if that came as `-address`; the namespace
//! is known only if it is in `BAO_NAMESPACE` or `VAULT_NAMESPACE`, since neither command passes `-namespace` on.
//!
//! - A server that a login with the output `token-helper` is for is evercred's. `get` prints the token of the login in
//!   that namespace, or else in the nearest one above it, or else of any; of several the one named `default`, then the
//!   first by name. `store` and `erase` are refused, because evercred would put its token back.
//! - For any other server it is as without a helper: the token is in `~/.vault-token`, or where `BAO_TOKEN_PATH` says.
//!   If that file holds a token of one of those logins, it is left alone and not handed out.
//!
//! It reads files and nothing else, so it answers at once, and also while no evercred runs. Whether a token still lives
//! is for the server to say: an error in place of an old token would keep even `bao status` from working.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use evercred_core::{Advice, Environment, Failure, Secret};

use crate::config::{Paths, environment};

mod helper;
mod kept;

use helper::Helper;

/// The name of the program; it lies beside `evercred`. It is one of its own because a settings file can name a path, but
/// no arguments.
pub const PROGRAM: &str = "evercred-vault-token-helper";

/// What a helper can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Operation {
    /// Print the token, if there is one
    Get,
    /// Take a token from standard input
    Store,
    /// Forget the token
    Erase,
}

/// Runs the program on its own arguments.
pub fn main(arguments: &[OsString]) -> ExitCode {
    crate::harden::no_dumps();
    let operation = match arguments {
        [word] if word == "get" => Operation::Get,
        [word] if word == "store" => Operation::Store,
        [word] if word == "erase" => Operation::Erase,
        _ => return end("usage: evercred-vault-token-helper get|store|erase", 2),
    };
    match run(operation, &environment()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&in_one_line(&failure), 1),
    }
}

/// Does what is asked, for the server that `environment` names.
pub fn run(operation: Operation, environment: &Environment) -> Result<(), Failure> {
    let paths = Paths::of(environment).map_err(|error| {
        let hint = error.remedy();
        Failure::new("find the state folder", "", Advice::NeedsAttention).caused_by(error).hint(hint)
    })?;
    let helper = Helper::new(environment, &paths);
    match operation {
        Operation::Get => match helper.get()? {
            Some(token) => std::io::stdout()
                .write_all(token.expose().as_bytes())
                .map_err(|error| no_stream(error, "stdout")),
            None => Ok(()),
        },
        Operation::Store => helper.store(&input()?),
        Operation::Erase => helper.erase(),
    }
}

fn input() -> Result<Secret, Failure> {
    let mut text = String::new();
    std::io::stdin().take(LONGEST).read_to_string(&mut text).map_err(|error| no_stream(error, "stdin"))?;
    let text = Secret::new(text);
    Ok(Secret::new(text.expose().trim()))
}

/// Tokens have a hundred bytes or so, those of batches some more.
const LONGEST: u64 = 1 << 20;

fn no_stream(error: std::io::Error, name: &str) -> Failure {
    Failure::new("pass the token on", name, Advice::NeedsAttention).caused_by(error)
}

/// The commands show what a helper says as one quoted string.
fn in_one_line(failure: &Failure) -> String {
    let hint = failure.remedy().map(|hint| format!(". {hint}"));
    format!("{failure}{}", hint.unwrap_or_default())
}

fn end(message: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{message}");
    ExitCode::from(code)
}
