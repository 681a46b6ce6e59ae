//! `evercred git-credential`: [the helper](https://git-scm.com/docs/gitcredentials) that git asks for a password.
//!
//! `get` says nothing about a host that is nobody's here, and git asks its next helper. Nothing is kept with `store`.
//! `erase` means that the server refused what it was shown: what was kept of it is forgotten, and the next `get` makes
//! another. A git that can shows a bearer token by itself; it is told not to give it to other helpers to keep.

use std::io::Read as _;
use std::time::SystemTime;

use evercred_core::{Door, Pass};

use crate::doors::login_for;
use crate::exit::Exit;
use crate::report::Report;

use super::app::{App, runtime};
use super::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// `get`, `store` or `erase`; any other is ignored, as git wants it
    #[arg(value_name = "OPERATION")]
    operation: String,
}

/// What git says is a few lines.
const LONGEST: u64 = 1 << 20;

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    if !["get", "erase"].contains(&arguments.operation.as_str()) {
        return Ok(Exit::Fresh);
    }
    let mut text = String::new();
    // What cannot be read names no host.
    let _ = std::io::stdin().take(LONGEST).read_to_string(&mut text);
    let asked = Asked::parse(&text);
    let Some(door) = asked.door() else { return Ok(Exit::Fresh) };
    let (logins, attempts) = app.lenders(&[])?;
    let Some(login) = login_for(&logins, &door) else { return Ok(Exit::Fresh) };
    if arguments.operation == "erase" {
        for door in asked.doors() {
            attempts.forget_pass(login, &door).map_err(|failure| Report::from(&failure))?;
        }
        return Ok(Exit::Fresh);
    }
    let pass = runtime()?.block_on(attempts.pass(login, &door)).map_err(|error| Report::from(&error))?;
    print(&answer(&pass));
    Ok(Exit::Fresh)
}

/// What git wants to know.
struct Asked<'t> {
    attributes: Vec<(&'t str, &'t str)>,
}

impl<'t> Asked<'t> {
    fn parse(text: &'t str) -> Self {
        let lines = text.lines().take_while(|line| !line.is_empty());
        Self { attributes: lines.filter_map(|line| line.split_once('=')).collect() }
    }

    fn get(&self, name: &str) -> Option<&'t str> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    fn door(&self) -> Option<Door> {
        self.door_with(self.attributes.contains(&("capability[]", "authtype")))
    }

    /// What it was shown in either way.
    fn doors(&self) -> impl Iterator<Item = Door> {
        [true, false].into_iter().filter_map(|takes_bearer| self.door_with(takes_bearer))
    }

    /// Nothing is shown to a server without TLS.
    fn door_with(&self, takes_bearer: bool) -> Option<Door> {
        let host = self.get("host").filter(|_| self.get("protocol") == Some("https"))?;
        let path = self.get("path").filter(|path| !path.is_empty());
        Some(Door::Repository {
            host: host.to_ascii_lowercase(),
            path: path.map(str::to_owned),
            takes_bearer,
        })
    }
}

fn answer(pass: &Pass) -> String {
    let secret = pass.secret.expose();
    let end = pass.expires_at.and_then(|end| end.duration_since(SystemTime::UNIX_EPOCH).ok());
    let end = end.map(|end| format!("password_expiry_utc={}\n", end.as_secs())).unwrap_or_default();
    match &pass.user {
        Some(user) => format!("username={}\npassword={secret}\n{end}", user.expose()),
        None => format!("capability[]=authtype\nauthtype=Bearer\ncredential={secret}\nephemeral=1\n{end}"),
    }
}

#[cfg(test)]
mod tests {
    use evercred_core::Secret;

    use super::*;

    #[test]
    fn only_a_server_with_tls_is_a_door() {
        let asked =
            "capability[]=authtype\nprotocol=https\nhost=Dev.azure.com\npath=acme/_git/app\n\nhost=x\n";
        let door = Asked::parse(asked).door();
        let host = "dev.azure.com".to_owned();
        let path = Some("acme/_git/app".to_owned());
        assert_eq!(door, Some(Door::Repository { host, path, takes_bearer: true }));
        assert_eq!(Asked::parse("protocol=http\nhost=dev.azure.com\n").door(), None);
        assert_eq!(Asked::parse("protocol=https\n").door(), None);
    }

    #[test]
    fn a_bearer_token_is_not_to_be_kept() {
        let end = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(5500);
        let bearer = answer(&Pass::bearer(Secret::new("t")).expiring_at(end));
        assert_eq!(
            bearer,
            "capability[]=authtype\nauthtype=Bearer\ncredential=t\nephemeral=1\npassword_expiry_utc=5\n"
        );
        assert_eq!(answer(&Pass::password("me", Secret::new("p"))), "username=me\npassword=p\n");
    }
}
