//! `evercred token`: an ID token on stdout, or what is in it.

use std::sync::Arc;

use evercred_core::{Audience, IdToken, WallClock};
use serde_json::json;

use crate::exit::Exit;
use crate::report::Report;
use crate::sources::shared::{SharedTokens, Want};

use super::app::{App, runtime};
use super::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The relying party that the token is for
    #[arg(long, value_name = "AUDIENCE")]
    audience: String,
    /// Print the token's header and payload as JSON instead of the token
    #[arg(long)]
    decode: bool,
    /// One of the config's `[sources]`; else the config's default, or `auto`
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

pub(super) fn run(app: &App, arguments: &Arguments) -> super::Outcome {
    let source = app.source(arguments.source.as_deref())?;
    let tokens = SharedTokens::new(Arc::clone(&app.clock) as Arc<dyn WallClock>);
    let audience = Audience::new(&arguments.audience);
    let minted = runtime()?.block_on(tokens.token(&source, &audience, Want::Fresh));
    let token = minted.map_err(|failure| Report::from(&failure))?;
    if arguments.decode {
        print(&decoded(&token));
    } else {
        print(token.raw().expose());
    }
    Ok(Exit::Fresh)
}

/// The shape that `gp idp token --decode` has.
fn decoded(token: &IdToken) -> String {
    let parts = json!({ "Header": token.header(), "Payload": token.claims().all() });
    serde_json::to_string_pretty(&parts).unwrap_or_default()
}
