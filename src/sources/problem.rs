//! What is wrong with a token, as a failure with a remedy.
//!
//! The remedies follow from what can go wrong in each place; a source that knows better says so in
//! [`TokenSource::remedy`].

use evercred_core::{Advice, Failure, IdToken, TokenError};

use super::TokenSource;

/// Reads the token out of `text`, which came from `place`. `advice` says what to do if it is none: a server may
/// answer better next time, a file or a variable will not by itself.
pub(super) fn parse(text: &str, place: &str, advice: Advice) -> Result<IdToken, Failure> {
    IdToken::parse(text).map_err(|problem| {
        // A file that is being rewritten is empty for a moment.
        let advice = if problem == TokenError::Empty { Advice::RETRY } else { advice };
        Failure::new("read the ID token", place, advice)
            .message(problem.to_string())
            .hint("It must be one signed JWT in compact form (header.payload.signature) and nothing else.")
    })
}

/// The failure that a token of `source` with this problem is.
pub(super) fn unfit(problem: &TokenError, source: &dyn TokenSource) -> Failure {
    let hint = source.remedy(problem).unwrap_or_else(|| general_remedy(problem).to_owned());
    Failure::new("accept the ID token", source.describe(), advice(problem, source))
        .message(problem.to_string())
        .hint(hint)
}

fn advice(problem: &TokenError, source: &dyn TokenSource) -> Advice {
    match problem {
        TokenError::Expired { .. } if source.is_local() => Advice::NeedsAttention,
        TokenError::Expired { .. } | TokenError::FromTheFuture { .. } => Advice::RETRY,
        _ => Advice::NeedsAttention,
    }
}

fn general_remedy(problem: &TokenError) -> &'static str {
    match problem {
        TokenError::Audience { .. } => {
            "Let the login's `audience` be what the source mints for, or have the source mint for this audience."
        }
        TokenError::Expired { .. } => {
            "If the token was minted just now, this machine's clock is fast: compare `date -u` with a time server."
        }
        TokenError::FromTheFuture { .. } => {
            "Compare `date -u` on this machine with a time server; evercred tries again when the clock is set."
        }
        _ => "Ask who mints it: an OIDC ID token has `iss`, `sub`, `aud`, `exp` and `iat`.",
    }
}
