//! `evercred init`: a first config.

mod dialogue;
mod interview;

use std::io::{Error, ErrorKind};
use std::path::Path;

use serde_json::json;

use crate::config::{self, Resolved};
use crate::exit::Exit;
use crate::files::{self, Target};
use crate::init::{Answers, Draft, obstacles, text};
use crate::report::Report;

use super::app::App;
use super::{Format, print};
use dialogue::Dialogue;
use interview::Interview;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The providers to log in at, such as `aws`; those of which everything is known, if none is named
    #[arg(value_name = "PROVIDER")]
    providers: Vec<String>,
    /// A key of the config, such as `aws.role_arn=arn:…` or `source.type=file`
    #[arg(long, value_name = "TABLE.KEY=VALUE")]
    set: Vec<String>,
    /// Ask nothing, even on a terminal
    #[arg(long)]
    no_input: bool,
    /// Write nothing: print what would be written
    #[arg(long)]
    print: bool,
    /// Take the place of a config that is there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(app: &App, arguments: &Arguments, format: Format) -> super::Outcome {
    let environment = &app.machine.build.surroundings.environment;
    let file =
        config::place_for_new(environment, app.config.as_deref()).map_err(|error| Report::from(&error))?;
    if !arguments.print && !arguments.force {
        check_free(&file)?;
    }
    let mut answers = Answers::default();
    for assignment in &arguments.set {
        answers.set(assignment).map_err(|message| super::usage(&message))?;
    }
    let dialogue = Dialogue::new(!arguments.no_input);
    let draft = Interview::new(app, dialogue, answers).draft(&arguments.providers)?;
    let (text, resolved) = finished(app, &file, draft)?;
    if arguments.print {
        print(&text);
        return Ok(Exit::Fresh);
    }
    let target = Target::new(&file, 0o600);
    app.publisher().publish(&target, &mut |_| Ok(text.clone().into_bytes())).map_err(|f| Report::from(&f))?;
    tell(&file, &resolved, format);
    Ok(Exit::Fresh)
}

fn tell(file: &Path, resolved: &Resolved, format: Format) {
    let logins: Vec<_> = resolved.logins.iter().map(|login| login.id.to_string()).collect();
    let obstacles = obstacles(resolved.logins.iter().map(AsRef::as_ref));
    if format == Format::Json {
        let notes = obstacles
            .iter()
            .map(|(id, failure)| json!({ "login": id, "failure": Report::from(failure).to_json() }));
        let notes: Vec<_> = notes.collect();
        return print(&json!({ "config": file, "logins": logins, "obstacles": notes }).to_string());
    }
    let mut lines = vec![format!("wrote    {} with {}", file.display(), logins.join(", "))];
    for (id, failure) in &obstacles {
        lines.push(format!("note     {id}: {}", Report::from(failure).problems().join(": ")));
        lines.extend(failure.remedy().map(|hint| format!("hint     {hint}")));
    }
    lines.push("next     \"evercred check\" tries it out, \"evercred up --wait\" keeps it fresh".to_owned());
    print(&lines.join("\n"));
}

/// Whoever has a config already wants to add to it, not to lose it.
fn check_free(file: &Path) -> Result<(), Box<Report>> {
    match files::read(file) {
        Ok(None) => Ok(()),
        Ok(Some(_)) => {
            let error =
                Error::new(ErrorKind::AlreadyExists, format!("there is a config: {}", file.display()));
            let hint = "Add a table to it: --print shows what would be written; or replace it with --force.";
            Err(Report::new(&error, Some(hint.to_owned()), Exit::Failed).into())
        }
        Err(error) => {
            let hint = "--config names another place for the config.";
            Err(Report::new(&error, Some(hint.to_owned()), Exit::Failed).into())
        }
    }
}

/// The text, which resolves. Where AWS's profile `default` is somebody else's, ours gets a name of its own.
fn finished(app: &App, file: &Path, mut draft: Draft) -> Result<(String, Resolved), Box<Report>> {
    let resolved = |text: &str| {
        config::resolve(file, text, &app.registry, &app.machine)
            .map_err(|problems| Box::new(Report::from(&problems)))
    };
    let first = text(&draft);
    let found = resolved(&first)?;
    let taken = obstacles(found.logins.iter().map(AsRef::as_ref));
    let mut is_other = false;
    for login in &mut draft.logins {
        let is_taken = taken.iter().any(|(id, _)| id.kind() == login.kind);
        if is_taken && login.kind == "aws" && !login.more.iter().any(|(key, _)| key == "outputs") {
            login.outputs = Some(PROFILE_OF_ITS_OWN);
            is_other = true;
        }
    }
    if !is_other {
        return Ok((first, found));
    }
    let second = text(&draft);
    let found = resolved(&second)?;
    Ok((second, found))
}

const PROFILE_OF_ITS_OWN: &str = "\
# The profile `default` has other credentials, so this one is used with AWS_PROFILE=evercred. To have `default`, which is
# given back on logout: outputs = [{ type = \"profile\", force = true }].
outputs = [{ type = \"profile\", profile = \"evercred\" }]
";
