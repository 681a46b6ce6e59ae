//! The command line. One file a command; they share the machine's set-up and the one attempt path.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use evercred_core::Environment;

use crate::config::{Located, environment};
use crate::exit::Exit;
use crate::harden::Dumps;
use crate::registry::Registry;
use crate::report::{self, Colour, Report};

mod app;
mod check;
mod config;
mod credential_process;
mod docker_credential;
mod doctor;
mod down;
mod env;
mod exec;
mod explain;
mod get;
mod git_credential;
mod init;
mod install;
mod keep;
mod kube_credential;
mod later;
mod live;
mod log;
mod logout;
mod once;
mod refresh;
mod reload;
mod run;
mod show;
mod status;
mod token;
mod trust;
mod up;
mod vault_token_helper;
mod wait;

use later::Later;
use log::LogFormat;

/// Keeps cloud credentials fresh from this machine's OIDC identity.
#[derive(Debug, Parser)]
#[command(name = "evercred", version, disable_help_subcommand = true, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes: 0 fresh, 1 this machine failed, 2 usage, 3 bad config, 4 refused, 5 unavailable, 6 stale, 7 expired, \
8 no daemon, 9 timed out, 10 not used.";

/// Below a command's own options.
const GLOBAL: &str = "Global options";

/// What every command takes.
#[derive(Debug, clap::Args)]
struct Global {
    /// The config; else `$EVERCRED_CONFIG`, `~/.config/evercred/config.toml`, `/etc/evercred/config.toml`
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What to log: a level, or targets with levels; else `$EVERCRED_LOG`; `info` for `run`, `warn` otherwise
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILTER")]
    log: Option<String>,
    /// How log lines look
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// How the answer, or an error, is written
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a first config, from what this machine knows and what you say
    Init(Later<init::Arguments>),
    /// Keep all logins fresh in the background, if that is not done already
    Up(Later<up::Arguments>),
    /// End what keeps the logins fresh in the background
    Down,
    /// Keep all logins fresh, in the foreground, until stopped
    Run(Later<run::Arguments>),
    /// Return when logins are fresh, or with the reason why they are not
    Wait(Later<wait::Arguments>),
    /// Refresh now what is not due yet
    Refresh(Later<refresh::Arguments>),
    /// Read the config again
    Reload,
    /// Refresh what is due, once, and end
    Once(Later<once::Arguments>),
    /// Run a command that finds these logins
    ///
    /// It gets the variables by which programs find them, and none of those that would come before: profiles and paths of
    /// files that evercred keeps fresh, rather than secrets. It takes the place of evercred, so signals, the terminal and
    /// the exit code are its own. If no evercred runs that keeps these logins fresh, one does so until the command ends.
    ///
    /// Until the command begins, exit codes are those of evercred; 126 means that it cannot be executed, 127 that there is
    /// no such command.
    Exec(Later<exec::Arguments>),
    /// Print the variables by which programs find these logins
    ///
    /// They name profiles and paths of files that evercred keeps fresh, rather than secrets, and change with the config
    /// only. Variables that would come before them are taken out. For the start-up files of shells, see the table
    /// `[environment]` of the config.
    Env(Later<env::Arguments>),
    /// Keep logins fresh until a process ends; `exec` starts it so
    #[command(hide = true)]
    Keep(Later<keep::Arguments>),
    /// Show how the logins are
    Status(Later<status::Arguments>),
    /// Say which credential each client takes, here and now, and what keeps it from taking ours
    Doctor(Later<doctor::Arguments>),
    /// Try the whole chain out, step by step, and publish nothing
    ///
    /// The ID token, the way to the servers and their clocks, the exchange, and every output up to its last step. What can
    /// be ended on the other side is ended again; secrets are not read, because that may make a lease.
    Check(Later<check::Arguments>),
    /// Print the credential of one login, after a refresh if it is due
    Get(Later<get::Arguments>),
    /// Answer an AWS SDK's `credential_process`
    CredentialProcess(Later<credential_process::Arguments>),
    /// Answer kubectl, and other clients of Kubernetes, as their exec plugin
    KubeCredential(Later<kube_credential::Arguments>),
    /// Be the credential helper of docker, podman and other clients of registries
    ///
    /// They run docker-credential-evercred, which is the same, for each registry in their config:
    /// {"credHelpers": {"123456789012.dkr.ecr.eu-west-1.amazonaws.com": "evercred"}}. Which login that is shows in the
    /// registry's host; the logins' `hosts` decide between several.
    DockerCredential(Later<docker_credential::Arguments>),
    /// Be the credential helper of git
    ///
    /// git runs git-credential-evercred, which is the same, after `git config --global credential.helper evercred`.
    /// CodeCommit needs `credential.UseHttpPath = true`, too. Which login a server belongs to shows in its host; the
    /// logins' `hosts` decide between several.
    GitCredential(Later<git_credential::Arguments>),
    /// Be the token helper of `bao` and `vault`
    ///
    /// Their settings (~/.bao, ~/.vault) name a program without arguments, which is evercred-vault-token-helper; this is
    /// the same for scripts. A server that a login with the output `token-helper` is for gets that login's token, and
    /// `store` and `erase` are refused. For any other server the token is in ~/.vault-token.
    VaultTokenHelper(Later<vault_token_helper::Arguments>),
    /// Print an ID token
    Token(Later<token::Arguments>),
    /// Say why a rule of the other side refuses the ID token, or that it accepts it
    Explain(Later<explain::Arguments>),
    /// Print what has to be set up on the other side, so that it trusts this machine's ID tokens
    ///
    /// Looks at a real token and writes the artifacts that let in those who have tokens like it, and no strangers: the
    /// role and its trust policy at AWS, the pool and its provider at Google Cloud, the federated credential at Azure, the
    /// auth method and its role in Vault. The artifact is on standard output, whom it lets in on standard error. Nothing
    /// is sent anywhere. What an artifact needs to know and nobody said, it asks for before it does anything.
    Trust(Later<trust::Arguments>),
    /// Remove what evercred wrote, and give back what was there before
    Logout(Later<logout::Arguments>),
    /// Have a service manager run evercred
    #[command(subcommand)]
    Install(install::Install),
    /// Take that back
    #[command(subcommand)]
    Uninstall(install::Uninstall),
    /// Check, describe or show the config
    #[command(subcommand)]
    Config(config::Command),
}

/// A command that could not do its work: what is reported. The exit code is in it.
type Outcome = Result<Exit, Box<Report>>;

/// Runs the program on the process's own arguments, with what `registry` knows.
pub fn main(registry: &Registry) -> ExitCode {
    let dumps = crate::harden::no_dumps_for_now();
    let arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|command| command == "credential-process")
        && crate::credential_process::answer(&arguments[2..])
    {
        return Exit::Fresh.into();
    }
    perform(&arguments, |cli| match cli.command {
        Command::Keep(Later(keep::Arguments { detached: false, .. })) => keep::detach(),
        Command::Explain(_) if !registry.explains() => explain::elsewhere(&arguments[1..]),
        _ => dispatch(cli, registry, &dumps),
    })
}

/// The same for `evercred-explain`, to which `evercred` leaves its command `explain`, with the whole command line.
pub fn explain(registry: &Registry) -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    perform(&arguments, |cli| {
        let Command::Explain(Later(arguments)) = &cli.command else {
            return Err(usage("evercred-explain has the command explain, and no other").into());
        };
        crate::harden::no_dumps();
        let app = begin(&cli.global, &cli.command, registry)?;
        explain::run(&app, arguments, cli.global.output)
    })
}

fn perform(arguments: &[OsString], work: impl FnOnce(Cli) -> Outcome) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && wants_json(arguments) => {
            show_error(&misused(&error), Format::Json);
            return Exit::Usage.into();
        }
        Err(error) => {
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    let format = cli.global.output;
    let in_one_line = matches!(cli.command, Command::CredentialProcess(_));
    match work(cli) {
        Ok(exit) => exit.into(),
        Err(report) if in_one_line && format == Format::Text => {
            show_line(&report);
            ExitCode::from(report.exit_code)
        }
        Err(report) => {
            show_error(&report, format);
            ExitCode::from(report.exit_code)
        }
    }
}

/// What every command starts from.
fn begin(global: &Global, command: &Command, registry: &Registry) -> Result<app::App, Box<Report>> {
    let environment = environment();
    start_log(global, command, &environment)?;
    app::App::new(environment, registry.clone(), global.config.clone())
}

fn dispatch(cli: Cli, registry: &Registry, dumps: &Dumps) -> Outcome {
    // No other command gives its place to a program of the user's.
    if !matches!(cli.command, Command::Exec(_)) {
        crate::harden::no_dumps();
    }
    let Cli { global, command } = cli;
    let output = global.output;
    let app = begin(&global, &command, registry)?;
    match command {
        Command::Init(Later(arguments)) => init::run(&app, &arguments, output),
        Command::Up(Later(arguments)) => up::run(&app, &arguments, &global),
        Command::Down => down::run(&app, output),
        Command::Run(Later(arguments)) => run::run(app, arguments),
        Command::Wait(Later(arguments)) => wait::run(&app, &arguments, output),
        Command::Refresh(Later(arguments)) => refresh::run(&app, &arguments, output),
        Command::Reload => reload::run(&app, output),
        Command::Once(Later(arguments)) => once::run(&app, &arguments, output),
        Command::Status(Later(arguments)) => status::run(&app, &arguments, output),
        Command::Doctor(Later(arguments)) => doctor::run(&app, &arguments, output),
        Command::Check(Later(arguments)) => check::run(&app, &arguments, output),
        Command::Env(Later(arguments)) => env::run(&app, &arguments, output),
        Command::Exec(Later(arguments)) => exec::run(&app, &arguments, &global, dumps),
        Command::Keep(Later(arguments)) => keep::run(&app, &arguments),
        Command::Get(Later(arguments)) => get::run(&app, &arguments),
        Command::CredentialProcess(Later(arguments)) => credential_process::run(&app, &arguments),
        Command::DockerCredential(Later(arguments)) => Ok(docker_credential::run(&app, &arguments)),
        Command::GitCredential(Later(arguments)) => git_credential::run(&app, &arguments),
        Command::KubeCredential(Later(arguments)) => kube_credential::run(&app, &arguments),
        Command::VaultTokenHelper(Later(arguments)) => vault_token_helper::run(&app, &arguments),
        Command::Token(Later(arguments)) => token::run(&app, &arguments),
        Command::Explain(Later(arguments)) => explain::run(&app, &arguments, output),
        Command::Trust(Later(arguments)) => trust::run(&app, &arguments, output),
        Command::Logout(Later(arguments)) => logout::run(&app, &arguments, output),
        Command::Install(what) => install::install(&app, &what, output),
        Command::Uninstall(what) => install::uninstall(&app, &what, output),
        Command::Config(command) => config::run(&app, command, output),
    }
}

fn start_log(global: &Global, command: &Command, environment: &Environment) -> Result<(), Box<Report>> {
    let quiet = if matches!(command, Command::Run(_) | Command::Keep(_)) { "info" } else { "warn" };
    let filter = global.log.as_deref().or_else(|| environment.get("EVERCRED_LOG")).unwrap_or(quiet);
    let lines = match command {
        Command::Run(Later(arguments)) if arguments.background => log::Lines::to_file(environment)?,
        Command::Keep(_) => log::Lines::to_file(environment)?,
        _ => log::Lines::to_stderr(environment),
    };
    log::start(filter, global.log_format, lines).map_err(|message| usage(&message).into())
}

/// Whether a command line that could not be understood asked for JSON.
fn wants_json(arguments: &[OsString]) -> bool {
    let split = arguments.windows(2).any(|pair| pair == ["--output", "json"]);
    split || arguments.iter().any(|argument| argument == "--output=json")
}

/// Of clap's text, the sentence; the rest shows people how it is done.
fn misused(error: &clap::Error) -> Report {
    let text = error.to_string();
    let sentence = text.lines().next().unwrap_or_default();
    let sentence = sentence.strip_prefix("error: ").unwrap_or(sentence);
    let hint = "See \"evercred --help\", or --help after a command's name.".to_owned();
    Report::new(&std::io::Error::other(sentence.to_owned()), Some(hint), Exit::Usage)
}

fn usage(message: &str) -> Report {
    let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, message.to_owned());
    Report::new(&error, None, Exit::Usage)
}

fn show_error(report: &Report, format: Format) {
    let mut stderr = std::io::stderr();
    let text = match format {
        Format::Text => report.to_text(Colour::of(&stderr, &environment())),
        Format::Json => format!("{}\n", report.to_json()),
    };
    let _ = stderr.write_all(text.as_bytes());
}

fn show_warnings(file: &Path, warnings: &[Located]) {
    let mut stderr = std::io::stderr();
    let text = report::warnings_text(file, warnings, Colour::of(&stderr, &environment()));
    let _ = stderr.write_all(text.as_bytes());
}

/// SDKs put what `credential_process` says into an error of their own, and show it to whoever can act.
fn show_line(report: &Report) {
    let _ = writeln!(std::io::stderr(), "evercred: {}", report.to_line());
}

/// Writes an answer to stdout. Somebody who closed it does not want it.
fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.write_all(end.as_bytes()));
}
