//! The token that is looked at: minted, or out of a file. It goes nowhere.

use std::sync::Arc;

use evercred_core::{Advice, Audience, Failure, IdToken, WallClock};

use crate::login::Login;
use crate::report::Report;
use crate::sources::TokenSource;
use crate::sources::shared::{SharedTokens, Want};

use super::super::app::{App, runtime};
use super::Arguments;

/// The token, and the audience that logins ask for: what somebody said, else the file's, else the usual one.
pub(super) fn obtain(
    app: &App,
    arguments: &Arguments,
    login: Option<&Login>,
    (said, usual): (Option<Audience>, Audience),
) -> Result<(Arc<IdToken>, Audience), Box<Report>> {
    let Some(path) = &arguments.token_file else {
        let audience = said.unwrap_or(usual);
        let source = source(app, arguments, login)?;
        let tokens = SharedTokens::new(Arc::clone(&app.clock) as Arc<dyn WallClock>);
        let minted = runtime()?.block_on(tokens.token(&source, &audience, Want::Fresh));
        return Ok((minted.map_err(|failure| Report::from(&failure))?, audience));
    };
    let token = read(path).map_err(|failure| Report::from(&failure))?;
    let audiences = token.claims().audiences();
    let audience = match said {
        None => audiences.first().map(|audience| Audience::new(*audience)).unwrap_or(usual),
        Some(said) if audiences.contains(&said.as_str()) => said,
        Some(said) => return Err(Report::from(&for_another(&said, &audiences)).into()),
    };
    Ok((Arc::new(token), audience))
}

fn source(
    app: &App,
    arguments: &Arguments,
    login: Option<&Login>,
) -> Result<Arc<dyn TokenSource>, Box<Report>> {
    match (&arguments.source, login) {
        (None, Some(login)) => Ok(Arc::clone(login.source())),
        (name, _) => app.source(name.as_deref()),
    }
}

/// Also one that has ended: only its claims are looked at.
fn read(path: &std::path::Path) -> Result<IdToken, Failure> {
    let place = path.display().to_string();
    let wrong = || Failure::new("read the ID token", place.clone(), Advice::NeedsAttention);
    let text = std::fs::read_to_string(path).map_err(|error| {
        wrong().caused_by(error).hint("Correct --token-file, or leave it out to have one minted.")
    })?;
    IdToken::parse(&text).map_err(|problem| {
        wrong().message(problem.to_string()).hint(
            "The file must hold one signed JWT in compact form (header.payload.signature) and nothing else.",
        )
    })
}

fn for_another(said: &Audience, audiences: &[&str]) -> Failure {
    Failure::new("use the ID token", "aud", Advice::NeedsAttention)
        .message(format!("it is for {}, but logins will ask for {said}", audiences.join(", ")))
        .hint("Have it minted for that audience, or say --audience as it stands in the token.")
}
