//! `evercred docker-credential`: [the helper](https://github.com/docker/docker-credential-helpers) that docker, podman,
//! skopeo, buildah and others ask for the password of a registry.
//!
//! `get` reads the registry from standard input. Errors go to standard *output*, and one of them is a signal: a registry
//! that is nobody's here is "not found", whereupon the client goes on without a password. `store` is refused, `erase`
//! (`docker logout`) forgets what was kept, `list` names the registries that the config names.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;

use evercred_core::{Door, Secret};
use serde_json::json;

use crate::doors::login_for;
use crate::engine::attempt::Attempts;
use crate::exit::Exit;
use crate::login::Login;
use crate::report::Report;

use super::app::{App, runtime};
use super::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What to do
    #[arg(value_enum, value_name = "OPERATION")]
    operation: Operation,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Operation {
    /// Print the password of the registry on standard input
    Get,
    /// Refuse to keep another one
    Store,
    /// Forget the password of the registry on standard input
    Erase,
    /// Print the registries that the config names
    List,
}

/// What the clients compare the output with.
const NOT_FOUND: &str = "credentials not found in native keychain";
/// No registry's name is longer.
const LONGEST: u64 = 64 << 10;

pub(super) fn run(app: &App, arguments: &Arguments) -> Exit {
    let (text, exit) = match answer(app, arguments.operation) {
        Ok(text) => (text, Exit::Fresh),
        Err(Told::NotFound) => (NOT_FOUND.to_owned(), Exit::Failed),
        Err(Told::Refused(report)) => (in_one_line(&report), Exit::Failed),
    };
    print(&text);
    exit
}

/// What a client is told instead of an answer.
enum Told {
    NotFound,
    Refused(Box<Report>),
}

impl<R: Into<Box<Report>>> From<R> for Told {
    fn from(report: R) -> Self {
        Self::Refused(report.into())
    }
}

fn answer(app: &App, operation: Operation) -> Result<String, Told> {
    let (logins, attempts) = app.lenders(&[])?;
    match operation {
        Operation::List => Ok(list(&logins)),
        Operation::Store => Err(Told::from(refusal())),
        Operation::Get => get(&logins, &attempts, &input()),
        Operation::Erase => erase(&logins, &attempts, &input()),
    }
}

fn get(logins: &[Arc<Login>], attempts: &Arc<Attempts>, server: &str) -> Result<String, Told> {
    let door = door(server).ok_or(Told::NotFound)?;
    let login = login_for(logins, &door).ok_or(Told::NotFound)?;
    let pass = runtime()?.block_on(attempts.pass(login, &door)).map_err(|error| Report::from(&error))?;
    let user = pass.user.as_ref().map_or("", Secret::expose);
    Ok(json!({"ServerURL": server, "Username": user, "Secret": pass.secret.expose()}).to_string())
}

fn erase(logins: &[Arc<Login>], attempts: &Arc<Attempts>, server: &str) -> Result<String, Told> {
    if let Some((door, login)) = door(server).and_then(|door| Some((door.clone(), login_for(logins, &door)?)))
    {
        attempts.forget_pass(login, &door).map_err(|failure| Report::from(&failure))?;
    }
    Ok(String::new())
}

fn list(logins: &[Arc<Login>]) -> String {
    let hosts = logins.iter().flat_map(|login| &login.hosts).filter(|host| !host.starts_with('*'));
    // Whose password it is turns out when it is asked for.
    let registries: BTreeMap<&str, &str> = hosts.map(|host| (host.as_str(), "")).collect();
    json!(registries).to_string()
}

/// The registry that a client names, as a host or as a URL; one without TLS gets nothing.
fn door(server: &str) -> Option<Door> {
    let rest = server.strip_prefix("https://").unwrap_or(server);
    let host = rest.split('/').next().filter(|host| !host.is_empty() && !rest.contains("://"))?;
    Some(Door::Registry { host: host.to_ascii_lowercase() })
}

fn input() -> String {
    let mut text = String::new();
    // What cannot be read names no registry.
    let _ = std::io::stdin().take(LONGEST).read_to_string(&mut text);
    text.trim().to_owned()
}

fn refusal() -> Report {
    let error =
        std::io::Error::other("evercred makes the passwords of registries itself and keeps no others");
    let hint = "Take the registry out of credHelpers in ~/.docker/config.json to log in to it by hand.";
    Report::new(&error, Some(hint.to_owned()), Exit::Failed)
}

/// The clients show what a helper says within a sentence of their own.
fn in_one_line(report: &Report) -> String {
    let hint = report.hint.iter().map(|hint| format!(". {hint}"));
    std::iter::once(report.problems().join("; ")).chain(hint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_named_by_host_or_url() {
        let host = |host: &str| Some(Door::Registry { host: host.to_owned() });
        assert_eq!(door("gcr.io"), host("gcr.io"));
        assert_eq!(door("https://Acme.azurecr.io/v2/"), host("acme.azurecr.io"));
        assert_eq!(door("127.0.0.1:5000/a"), host("127.0.0.1:5000"));
        assert_eq!((door(""), door("http://gcr.io"), door("https://")), (None, None, None));
    }
}
