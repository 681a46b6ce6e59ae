//! `evercred env`: the variables by which programs find logins, for a shell or for what else sets variables.

use std::sync::Arc;

use crate::exit::Exit;
use crate::files;
use crate::login::{Login, LoginId};
use crate::outputs::Way;
use crate::report::Report;
use crate::variables::{self, Syntax, Unwritable, Variables};

use super::app::{App, runtime};
use super::exec::{clashing, is_secret, no_way};
use super::{Format, print};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The logins
    #[arg(value_name = "LOGIN", required = true)]
    logins: Vec<LoginId>,
    /// Who reads it
    #[arg(long, value_name = "FORMAT", default_value = "sh")]
    format: Syntax,
    /// The credentials themselves, rather than where they are: for programs that look nowhere else, and for as long as
    /// these credentials live
    #[arg(long)]
    secrets: bool,
}

pub(super) fn run(app: &App, arguments: &Arguments, output: Format) -> super::Outcome {
    let (logins, attempts) = app.logins(&arguments.logins)?;
    let environment = &app.machine.build.surroundings.environment;
    let machinery = arguments.secrets.then(runtime).transpose()?;
    let mut variables = Variables::default();
    for login in &logins {
        let ways = ways(login, arguments.secrets)?;
        let lent = machinery.as_ref().map(|machinery| machinery.block_on(attempts.lend(login)));
        let lent = lent.transpose().map_err(|error| Report::from(&error))?;
        for way in ways {
            variables.add(login, &way, environment, lent.as_ref()).map_err(|clash| clashing(&clash))?;
        }
    }
    let syntax = if output == Format::Json { Syntax::Json } else { arguments.format };
    match syntax {
        Syntax::Github => github(app, &variables)?,
        Syntax::Direnv => print(&format!("{}{}", watched(app)?, statements(&variables, syntax)?)),
        _ => print(&statements(&variables, syntax)?),
    }
    Ok(Exit::Fresh)
}

fn ways(login: &Arc<Login>, secrets: bool) -> Result<Vec<Way>, Box<Report>> {
    if let Some(lender) = login.lender() {
        return Err(is_secret(&login.id, &lender.id).into());
    }
    if secrets {
        return Ok(vec![variables::secrets(login).ok_or_else(|| no_way(&login.id))?]);
    }
    let ways = variables::ways(login);
    if ways.is_empty() { Err(only_secrets(&login.id).into()) } else { Ok(ways) }
}

fn statements(variables: &Variables, syntax: Syntax) -> Result<String, Box<Report>> {
    variables.statements(syntax).map_err(|error| unwritable(&error))
}

/// Appends to the job's file, and has the runner mask what is secret in it.
fn github(app: &App, variables: &Variables) -> Result<(), Box<Report>> {
    let environment = &app.machine.build.surroundings.environment;
    let file = environment.get("GITHUB_ENV").ok_or_else(|| {
        let error = std::io::Error::other("GITHUB_ENV is not set");
        let hint = "This format is for the steps of a GitHub workflow; choose another --format elsewhere.";
        Report::new(&error, Some(hint.to_owned()), Exit::Usage)
    })?;
    print_lines(&variables.github_masks());
    let entries = variables.github_entries(environment);
    files::append(&environment.expand(file), entries.as_bytes())
        .map_err(|failure| Report::from(&failure).into())
}

fn print_lines(lines: &str) {
    if !lines.is_empty() {
        print(lines);
    }
}

/// What has direnv load the variables again when they may be others.
fn watched(app: &App) -> Result<String, Box<Report>> {
    let file = app.resolved()?.file;
    Ok(format!("watch_file {}\n", crate::outputs::shell_quoted(&file.display().to_string())))
}

fn only_secrets(login: &LoginId) -> Report {
    let error = std::io::Error::other(format!(
        "no output of {login} can be found by variables without a secret in them"
    ));
    let hint = "Add one that can, such as the one that a login gets which names none; or run the program by \"evercred \
                exec\"; or ask for the credential itself with --secrets.";
    Report::new(&error, Some(hint.to_owned()), Exit::Usage)
}

fn unwritable(error: &Unwritable) -> Box<Report> {
    let hint = "Choose another --format.".to_owned();
    Report::new(error, Some(hint), Exit::Usage).into()
}
