//! `evercred install systemd` and `evercred uninstall systemd`: the units of `systemd/`, put in place and enabled.
//!
//! Both may be called again and again. What is installed is read in `systemd::units`, how in `systemd::install`; here
//! is what the command line says, and `systemctl`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use clap::Subcommand;
use serde_json::json;

use crate::exit::Exit;
use crate::files::Publisher;
use crate::report::Report;
use crate::systemd::install::{is_removable, remove, write};
use crate::systemd::units::{Kind, Scope, UnitFile, all_files, files_of};

use super::app::App;
use super::{Format, print};

#[derive(Debug, Subcommand)]
pub(super) enum Install {
    /// Write evercred's units for systemd, and enable them
    Systemd(InstallArguments),
}

#[derive(Debug, Subcommand)]
pub(super) enum Uninstall {
    /// Stop evercred's units, disable them, and remove them
    Systemd(Common),
}

#[derive(Debug, clap::Args)]
pub(super) struct InstallArguments {
    #[command(flatten)]
    common: Common,
    /// Instead of a daemon, a timer that runs `evercred once`
    #[arg(long, conflicts_with = "for")]
    timer: bool,
    /// A daemon for this user under the system's manager, for users without one of their own
    #[arg(long, value_name = "USER", conflicts_with = "user", value_parser = user_name)]
    r#for: Option<String>,
    /// Start it now, too
    #[arg(long)]
    now: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Common {
    #[command(flatten)]
    place: Place,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Also where somebody else wrote or changed a unit
    #[arg(long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
struct Place {
    /// For this user, under the user's own manager (the default, except for root)
    #[arg(long, conflicts_with = "system")]
    user: bool,
    /// For the machine, under the system's manager (the default for root)
    #[arg(long)]
    system: bool,
}

pub(super) fn install(app: &App, Install::Systemd(arguments): &Install, format: Format) -> super::Outcome {
    let kind = match &arguments.r#for {
        Some(user) => Kind::For(user.clone()),
        None if arguments.timer => Kind::Timer,
        None => Kind::Daemon,
    };
    let mut work = Work::new(app, &arguments.common, matches!(kind, Kind::For(_)), format);
    let files = files_of(work.scope, &kind, &config_home(app), &app.machine.program);
    let mut changed = false;
    for file in &files {
        changed |= work.write(file)?;
    }
    if files.iter().any(|file| file.path.ends_with("sysusers.d/evercred.conf")) {
        work.call("systemd-sysusers", &["evercred.conf"])?;
    }
    let unit = kind.unit();
    work.systemctl(&["daemon-reload"])?;
    work.systemctl(&["enable", &unit])?;
    if arguments.now {
        // It may be long until every login is fresh, and that is no reason to hold anybody up here.
        work.systemctl(&[if changed { "restart" } else { "start" }, "--no-block", &unit])?;
    }
    work.report();
    Ok(Exit::Fresh)
}

pub(super) fn uninstall(app: &App, Uninstall::Systemd(common): &Uninstall, format: Format) -> super::Outcome {
    let mut work = Work::new(app, common, false, format);
    let mut files = Vec::new();
    for file in all_files(work.scope, &config_home(app), &app.machine.program) {
        if is_removable(&file, common.force).map_err(|failure| Report::from(&failure))? {
            files.push(file);
        }
    }
    let units: Vec<String> = files.iter().filter_map(unit_of).collect();
    // Instances that are running are not disabled by their template's name.
    let all = units.iter().map(|unit| unit.replace("@.", "@*."));
    let stop: Vec<String> = std::iter::once("stop".to_owned()).chain(all).collect();
    let disable: Vec<&str> =
        units.iter().map(String::as_str).filter(|unit| *unit != "evercred-once.service").collect();
    if !units.is_empty() {
        work.systemctl(&stop.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    if !disable.is_empty() {
        work.systemctl(&[&["disable"], disable.as_slice()].concat())?;
    }
    for file in &files {
        work.remove(file)?;
    }
    if !units.is_empty() {
        work.systemctl(&["daemon-reload"])?;
    }
    work.report();
    Ok(Exit::Fresh)
}

/// What was done so far, or would be.
struct Work {
    scope: Scope,
    dry_run: bool,
    force: bool,
    publisher: Publisher,
    format: Format,
    done: Vec<(&'static str, String)>,
}

impl Work {
    fn new(app: &App, common: &Common, for_another: bool, format: Format) -> Self {
        let is_root = rustix::process::geteuid().is_root();
        let system = common.place.system || for_another || (is_root && !common.place.user);
        Self {
            scope: if system { Scope::System } else { Scope::User },
            dry_run: common.dry_run,
            force: common.force,
            publisher: app.publisher(),
            format,
            done: Vec::new(),
        }
    }

    fn write(&mut self, file: &UnitFile) -> Result<bool, Box<Report>> {
        let path = file.path.display().to_string();
        if self.dry_run {
            self.done.push(("would write", format!("{path}\n\n{}", file.text)));
            return Ok(true);
        }
        let written = write(file, &self.publisher, self.force).map_err(|failure| Report::from(&failure))?;
        self.done.push((if written { "wrote" } else { "unchanged" }, path));
        Ok(written)
    }

    fn remove(&mut self, file: &UnitFile) -> Result<(), Box<Report>> {
        let path = file.path.display().to_string();
        if self.dry_run {
            self.done.push(("would remove", path));
            return Ok(());
        }
        remove(file, &self.publisher).map_err(|failure| Report::from(&failure))?;
        self.done.push(("removed", path));
        Ok(())
    }

    fn systemctl(&mut self, words: &[&str]) -> Result<(), Box<Report>> {
        match self.scope {
            Scope::User => self.call("systemctl", &[&["--user"], words].concat()),
            Scope::System => self.call("systemctl", words),
        }
    }

    fn call(&mut self, program: &str, words: &[&str]) -> Result<(), Box<Report>> {
        let line = format!("{program} {}", words.join(" "));
        if self.dry_run {
            self.done.push(("would run", line));
            return Ok(());
        }
        let ended = Command::new(program).args(words).stdin(Stdio::null()).output();
        match ended {
            Ok(output) if output.status.success() => {
                self.done.push(("ran", line));
                Ok(())
            }
            Ok(output) => Err(refused(&line, &output).into()),
            Err(error) => Err(not_there(&line, &error).into()),
        }
    }

    fn report(&self) {
        match self.format {
            Format::Text if self.done.is_empty() => print("nothing of evercred is installed there"),
            Format::Text => {
                let lines: Vec<_> = self.done.iter().map(|(verb, what)| format!("{verb} {what}")).collect();
                print(&lines.join("\n"));
            }
            Format::Json => {
                let steps: Vec<_> =
                    self.done.iter().map(|(verb, what)| json!({ "did": verb, "what": what })).collect();
                print(&json!({ "steps": steps }).to_string());
            }
        }
    }
}

/// Where `XDG_CONFIG_HOME` is.
fn config_home(app: &App) -> PathBuf {
    let environment = &app.machine.build.surroundings.environment;
    environment.get("XDG_CONFIG_HOME").map_or_else(|| environment.expand("~/.config"), PathBuf::from)
}

/// The unit that a file describes, if it does.
fn unit_of(file: &UnitFile) -> Option<String> {
    let name = file.path.file_name()?.to_str()?.to_owned();
    Path::new(&name).extension().is_some_and(|kind| kind != "conf").then_some(name)
}

/// It becomes part of a unit's name.
fn user_name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    if text.is_empty() || !text.chars().all(is_plain) {
        return Err("a user's name has letters, digits, `_`, `.` and `-`".to_owned());
    }
    Ok(text.to_owned())
}

fn refused(line: &str, output: &Output) -> Report {
    let complaint = String::from_utf8_lossy(&output.stderr);
    let error = std::io::Error::other(format!("failed to run \"{line}\": {}", complaint.trim()));
    let hint = "The units that are written stay; once this is mended, the same command goes on from here.";
    Report::new(&error, Some(hint.to_owned()), Exit::Failed)
}

fn not_there(line: &str, error: &std::io::Error) -> Report {
    let error = std::io::Error::other(format!("failed to run \"{line}\": {error}"));
    let hint = "This machine seems to have no systemd; \"evercred run\" keeps the logins fresh without.";
    Report::new(&error, Some(hint.to_owned()), Exit::Failed)
}
