//! The sandbox as a program: `evercred-sandbox serve`, and the stand-ins `gp`, `ona` and `gitpod`.
//!
//! Called by one of those names (a link to it), or with one as its first argument, it plays that command.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use evercred_core::HumanDuration;
use evercred_sandbox::standin::{CommandLine, Player};
use evercred_sandbox::{Algorithm, Options, Sandbox};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, Parser)]
#[command(
    about = "Plays the workspace platform and the clouds on one loopback port, for trying evercred out"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a sandbox until SIGTERM or Ctrl-C; prints its URL when it answers.
    Serve(Serve),
    /// Plays `gp`.
    Gp(CommandLine),
    /// Plays `ona`.
    Ona(CommandLine),
}

#[derive(Debug, Args)]
struct Serve {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How long ID tokens live.
    #[arg(long, default_value = "1h")]
    token_lifetime: HumanDuration,
    /// How long cloud sessions really live, whatever is asked for.
    #[arg(long)]
    session_lifetime: Option<HumanDuration>,
    /// Signs with RSA, as most platforms do, rather than on an elliptic curve.
    #[arg(long)]
    rsa: bool,
    /// Also ends when standard input does, so that it never outlives its parent.
    #[arg(long)]
    until_stdin_closes: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if stderr is gone as well.
            let _ = writeln!(io::stderr(), "Error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let called_as = std::env::args_os().next().unwrap_or_default();
    let name =
        Path::new(&called_as).file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    if let Some(player) = Player::named(&name) {
        return play(player, CommandLine::parse());
    }
    match Arguments::parse().command {
        Command::Serve(serve) => run_sandbox(&serve),
        Command::Gp(line) => play(Player::Gp, line),
        Command::Ona(line) => play(Player::Ona, line),
    }
}

#[expect(clippy::disallowed_methods, reason = "a program of its own: this is where it reads its environment")]
fn play(player: Player, line: CommandLine) -> io::Result<()> {
    let url = std::env::var("EVERCRED_SANDBOX_URL")
        .map_err(|_| io::Error::other("EVERCRED_SANDBOX_URL does not say where the sandbox is"))?;
    let bearer = std::env::var("EVERCRED_SANDBOX_ONA_TOKEN").ok();
    let shown = player.play(line, &url, bearer.as_deref())?;
    io::stdout().write_all(shown.as_bytes())
}

fn run_sandbox(serve: &Serve) -> io::Result<()> {
    let mut options = Options { port: serve.port, ..Options::default() };
    if serve.rsa {
        options.algorithm = Algorithm::Rs256;
    }
    options.platform.token_lifetime = serve.token_lifetime.get();
    options.aws.session_lifetime = serve.session_lifetime.map(HumanDuration::get);
    options.gcp.token_lifetime = options.aws.session_lifetime;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // The handlers stand before anybody learns of the sandbox, so a signal is never lost.
        let mut terminated = signal(SignalKind::terminate())?;
        let sandbox = Sandbox::start(options)?;
        let mut stdout = io::stdout();
        writeln!(stdout, "{}", sandbox.url())?;
        stdout.flush()?;
        tokio::select! {
            _ = terminated.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted,
            () = stdin_closed(serve.until_stdin_closes) => Ok(()),
        }
    })
}

/// Never comes if nobody asked for it.
async fn stdin_closed(asked: bool) {
    let (closed, wait) = tokio::sync::oneshot::channel::<()>();
    if asked {
        std::thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
            drop(closed);
        });
        let _ = wait.await;
    } else {
        std::future::pending::<()>().await;
    }
}
