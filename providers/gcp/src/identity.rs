//! Whose the tokens are, compared with whose they should be.

use evercred_core::{Advice, Failure, IdToken};

use crate::ServiceAccount;

/// Refuses a token that Google signed for another account or audience than the config names: what answers at the
/// endpoint is not what it should be. An access token does not say whose it is.
pub(crate) fn compare(
    token: &IdToken,
    (account, audience): (&ServiceAccount, &str),
    place: &str,
) -> Result<(), Failure> {
    let claims = token.claims();
    let wrong = match claims.text("email") {
        Some(email) if !email.eq_ignore_ascii_case(account.email()) => {
            format!("it speaks for {email}, not for {account}")
        }
        _ if !claims.audiences().contains(&audience) => format!("it is not for {audience:?}"),
        _ => return Ok(()),
    };
    Err(Failure::new("accept the service account's ID token", place, Advice::NeedsAttention)
        .message(wrong)
        .hint("Check `service_account` and `iam_credentials_endpoint`. What was there before is kept."))
}
