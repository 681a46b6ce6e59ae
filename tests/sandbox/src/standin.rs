//! Stand-ins for the platforms' own commands: `gp idp token` and `ona idp token` (which was `gitpod`), played
//! against a running sandbox.
//!
//! `gp` walks the real one's way: supervisor, then API, so that faults of either show in it. Other subcommands
//! are refused. Errors go to stderr with exit code 1, as the real ones have it.

mod http;

use std::io;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Parser, Subcommand};
use serde_json::{Map, Value, json};

use self::http::Client;
use crate::options::DEFAULT_ONA_TOKEN;

/// The command line of `gp`, `ona` and `gitpod`.
#[derive(Debug, Parser)]
#[command(about = "A stand-in that asks a running sandbox")]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Identity tokens.
    Idp {
        #[command(subcommand)]
        command: Idp,
    },
}

#[derive(Debug, Subcommand)]
enum Idp {
    /// Requests an ID token.
    Token(Asked),
}

#[derive(Debug, Args)]
struct Asked {
    /// The audience of the token; may be given several times.
    #[arg(long, required = true)]
    audience: Vec<String>,
    /// Accepted and not looked at.
    #[arg(long)]
    scope: Option<String>,
    /// Shows what the token says.
    #[arg(long)]
    decode: bool,
}

/// Which command is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Player {
    /// Gitpod classic's `gp`.
    Gp,
    /// Ona's `ona`, also called `gitpod`.
    Ona,
}

impl Player {
    /// The player with this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gp" => Some(Self::Gp),
            "ona" | "gitpod" => Some(Self::Ona),
            _ => None,
        }
    }

    /// Plays the command against the sandbox at `url`; gives what it prints. `bearer` replaces the token of the
    /// Ona environment.
    pub fn play(self, line: CommandLine, url: &str, bearer: Option<&str>) -> io::Result<String> {
        let Command::Idp { command: Idp::Token(asked) } = line.command;
        let client = Client::new(url)?;
        let token = match self {
            Self::Gp => gitpod_token(&client, &asked)?,
            Self::Ona => ona_token(&client, &asked, bearer.unwrap_or(DEFAULT_ONA_TOKEN))?,
        };
        if asked.decode { decoded(&token) } else { Ok(format!("{token}\n")) }
    }
}

fn gitpod_token(client: &Client, asked: &Asked) -> io::Result<String> {
    let workspace = client.get("/_supervisor/v1/info/workspace")?;
    let host = text(&workspace["gitpodApi"], "host")?;
    let path = format!("/_supervisor/v1/token/gitpod/{host}/function:getWorkspace");
    let bearer = text(&client.get(&path)?, "token")?;
    let body = json!({
        "workspaceId": workspace["workspaceId"],
        "audience": asked.audience,
        "scope": asked.scope,
    });
    let answer = client.post("/gitpod.experimental.v1.IdentityProviderService/GetIDToken", &bearer, &body)?;
    text(&answer, "token")
}

fn ona_token(client: &Client, asked: &Asked, bearer: &str) -> io::Result<String> {
    let body = json!({"audience": asked.audience});
    let answer = client.post("/gitpod.v1.IdentityService/GetIDToken", bearer, &body)?;
    text(&answer, "token")
}

fn text(object: &Value, name: &str) -> io::Result<String> {
    let value = object[name].as_str().map(str::to_owned);
    value.ok_or_else(|| io::Error::other(format!("the answer has no {name}")))
}

fn decoded(token: &str) -> io::Result<String> {
    let mut parts = token.split('.').map(|part| -> io::Result<Map<String, Value>> {
        let bytes = URL_SAFE_NO_PAD.decode(part).map_err(io::Error::other)?;
        Ok(serde_json::from_slice(&bytes)?)
    });
    match (parts.next(), parts.next()) {
        (Some(header), Some(payload)) => {
            let shown = json!({"Header": header?, "Payload": payload?});
            Ok(format!("{}\n", serde_json::to_string_pretty(&shown)?))
        }
        _ => Err(io::Error::other("not a token")),
    }
}
