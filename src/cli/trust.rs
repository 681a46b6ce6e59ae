//! `evercred trust`: what has to be set up on the other side, from a real token.
//!
//! The artifact is on stdout, so that it can go into a file, and whom it lets in on stderr, so that it is read.

mod show;
mod token;

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use evercred_core::Audience;
use evercred_core::platform::Level;
use evercred_core::trust::{Asked, Identity, Inputs, Trust};
use serde_json::Value;

use crate::config::{ConfigError, Resolved};
use crate::exit::Exit;
use crate::login::{Login, LoginId};
use crate::report::Report;

use super::app::App;
use super::{Format, print, usage};
use show::{document, list, show};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where to log in: aws, azure, gcp or vault
    #[arg(value_name = "PROVIDER")]
    provider: String,
    /// The login that it is for, by its name; else `default`, or the only one, if the config has one
    #[arg(long, value_name = "NAME")]
    login: Option<String>,
    /// Whom to let in; else as few as can be told apart there
    #[arg(long, value_name = "SCOPE")]
    scope: Option<Scope>,
    /// The form of the artifact; else a script. `list` shows the forms, and what can be set
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// What a token does not tell, such as `account_id=123456789012`; else from the login
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The audience that logins ask for; else the login's, or the provider's usual one
    #[arg(long, value_name = "AUDIENCE")]
    audience: Option<String>,
    /// A file with the ID token; else one is minted
    #[arg(long, value_name = "FILE", conflicts_with = "source")]
    token_file: Option<PathBuf>,
    /// One of the config's `[sources]`; else the login's, the config's default, or `auto`
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

/// Whom to let in.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scope {
    /// This workspace, environment, branch or service account
    Workspace,
    /// This project, repository or namespace
    Project,
    /// This organisation, owner, group or cluster
    #[value(alias = "organization")]
    Organisation,
}

impl From<Scope> for Level {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Workspace => Self::Workspace,
            Scope::Project => Self::Project,
            Scope::Organisation => Self::Organisation,
        }
    }
}

pub(super) fn run(app: &App, arguments: &Arguments, output: Format) -> super::Outcome {
    let trust = provider(app, &arguments.provider)?;
    if arguments.format.as_deref() == Some("list") {
        print(&list(trust));
        return Ok(Exit::Fresh);
    }
    let format = format(trust, arguments.format.as_deref())?;
    let resolved = resolved(app)?;
    let login = login(resolved.as_ref(), arguments)?;
    let table = login.as_ref().zip(resolved.as_ref()).map(|(login, resolved)| shown(login, resolved));
    let inputs =
        said(trust, &arguments.set)?.or(table.map(|table| trust.told_by(&table)).unwrap_or_default());
    let asked = arguments.audience.as_deref().map(Audience::new);
    let audience = asked.or_else(|| login.as_ref().map(|login| login.provider().audience().clone()));
    let usual = trust.audience(&inputs);
    let (token, audience) = token::obtain(app, arguments, login.as_deref(), (audience, usual))?;
    let identity = Identity::of(token.claims()).map_err(|failure| Report::from(&failure))?;
    let scope = arguments.scope.map(Level::from);
    let asked = Asked { identity: &identity, audience: &audience, scope, format, inputs: &inputs };
    let set_up = trust.set_up(&asked).map_err(|failure| Report::from(&failure))?;
    match output {
        Format::Text => show(&asked, &set_up),
        Format::Json => print(&document(&arguments.provider, &asked, &set_up)),
    }
    Ok(Exit::Fresh)
}

fn provider(app: &App, name: &str) -> Result<&'static dyn Trust, Box<Report>> {
    let kinds = || app.registry.providers.iter().filter(|kind| kind.trust.is_some());
    let found = kinds().find(|kind| kind.kind.name == name).and_then(|kind| kind.trust);
    found.ok_or_else(|| {
        let known = kinds().map(|kind| kind.kind.name);
        unknown(&format!("nothing is known of setting up {name:?}"), known).into()
    })
}

fn format(trust: &dyn Trust, name: Option<&str>) -> Result<&'static str, Box<Report>> {
    let formats = trust.formats();
    let found = match name {
        None => formats.first(),
        Some(name) => formats.iter().find(|format| format.name == name),
    };
    found.map(|format| format.name).ok_or_else(|| {
        let message = format!("there is no format {:?}", name.unwrap_or_default());
        unknown(&message, formats.iter().map(|format| format.name)).into()
    })
}

/// The config, if there is one: trust is often set up before.
fn resolved(app: &App) -> Result<Option<Resolved>, Box<Report>> {
    match app.config_if_any() {
        Err(ConfigError::NotFound { .. }) if app.config.is_none() => Ok(None),
        loaded => Ok(Some(loaded.map_err(|error| Report::from(&error))?)),
    }
}

fn login(resolved: Option<&Resolved>, arguments: &Arguments) -> Result<Option<Arc<Login>>, Box<Report>> {
    let all = resolved.map(|resolved| resolved.logins.as_slice()).unwrap_or_default();
    let logins: Vec<_> = all
        .iter()
        .filter(|login| login.id.kind() == arguments.provider && login.lender().is_none())
        .collect();
    let named =
        |name: &str| logins.iter().find(|login| login.id.name() == name).map(|login| Arc::clone(login));
    match (&arguments.login, logins.as_slice()) {
        (Some(name), _) => named(name).map(Some).ok_or_else(|| {
            let known = logins.iter().map(|login| login.id.to_string());
            Report::no_login(&LoginId::new(&arguments.provider, name), known).into()
        }),
        (None, [only]) => Ok(Some(Arc::clone(only))),
        (None, _) => Ok(named("default")),
    }
}

/// The login's table as it counts.
fn shown(login: &Login, resolved: &Resolved) -> Value {
    resolved.shown[login.id.kind()][login.id.name()].clone()
}

fn said(trust: &dyn Trust, set: &[String]) -> Result<Inputs, Box<Report>> {
    let mut inputs = Inputs::default();
    for text in set {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let input = trust.inputs().iter().find(|input| input.name == name).ok_or_else(|| {
            let known = trust.inputs().iter().map(|input| input.name);
            unknown(&format!("there is nothing to set named {name:?}"), known)
        })?;
        if !(input.fits)(value) {
            let message = format!("{value:?} cannot be {}", input.what);
            return Err(wrong(&message, format!("Correct --set {name}=….")).into());
        }
        inputs.add(name, Some(value));
    }
    Ok(inputs)
}

fn unknown<'n>(message: &str, known: impl Iterator<Item = &'n str>) -> Report {
    wrong(message, format!("Take one of {}.", known.collect::<Vec<_>>().join(", ")))
}

fn wrong(message: &str, hint: String) -> Report {
    Report { hint: Some(hint), ..usage(message) }
}
