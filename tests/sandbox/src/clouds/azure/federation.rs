//! Whether an application trusts an assertion
//! (<https://learn.microsoft.com/entra/workload-id/workload-identity-federation>).

use jiff::Timestamp;

use super::directory::{Application, FederatedCredential};
use super::refusal::Refusal;
use crate::state::State;
use crate::verify::{self, Claims, Rejection};

/// Entra takes no token that lives longer.
const LONGEST_LIFETIME: i64 = 25 * 60 * 60;

/// The audiences of a good assertion.
pub(super) fn verify(
    state: &State,
    application: &Application,
    assertion: &str,
) -> Result<Vec<String>, Refusal> {
    let claims = verify::unverified(assertion).ok_or_else(malformed)?;
    check_match(&state.issuer(), application, &claims)?;
    let claims = verify::verify(state, assertion).map_err(|rejection| refusal(state, &claims, &rejection))?;
    check_lifetime(state, &claims)?;
    Ok(claims.audience())
}

/// Issuer, then subject, then audience: the first that no credential has is complained about.
fn check_match(platform: &str, application: &Application, claims: &Claims) -> Result<(), Refusal> {
    let (issuer, subject) = (claims.text("iss").unwrap_or_default(), claims.text("sub").unwrap_or_default());
    let audience = claims.audience();
    let of =
        |credential: &FederatedCredential| credential.issuer.clone().unwrap_or_else(|| platform.to_owned());
    let by_issuer: Vec<_> = application.trusted().filter(|credential| of(credential) == issuer).collect();
    if by_issuer.is_empty() {
        return Err(no_match("700211", &format!("issuer '{issuer}'"), ""));
    }
    let by_subject: Vec<_> = by_issuer.iter().filter(|credential| credential.subject == subject).collect();
    if by_subject.is_empty() {
        let but_for_case =
            by_issuer.iter().any(|credential| credential.subject.eq_ignore_ascii_case(subject));
        let (code, note) = if but_for_case { ("7002138", BUT_FOR_CASE) } else { ("700213", "") };
        return Err(no_match(code, &format!("subject '{subject}'"), note));
    }
    if !by_subject.iter().any(|credential| audience == [credential.audience.as_str()]) {
        return Err(no_match("700212", &format!("audience '{}'", audience.join(", ")), ""));
    }
    Ok(())
}

const BUT_FOR_CASE: &str =
    "The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ";

fn no_match(code: &str, what: &str, note: &str) -> Refusal {
    Refusal::new(
        code,
        format!(
            "No matching federated identity record found for presented assertion {what}. {note}Check your federated \
             identity credential Subject, Audience and Issuer against the presented assertion. \
             https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        ),
    )
}

fn refusal(state: &State, claims: &Claims, rejection: &Rejection) -> Refusal {
    match rejection {
        Rejection::NotAToken | Rejection::MissingClaim(_) => malformed(),
        // Whoever this issuer is, nobody answers there.
        Rejection::UnknownIssuer(_) | Rejection::NoAnswer => {
            Refusal::new("90061", "Request to External OIDC endpoint failed.")
        }
        Rejection::NoKey => Refusal::new(
            "7000272",
            format!(
                "The certificate with identifier used to sign the federated credential could not be found in the \
                 metadata of identity provider {}. Please validate that your Identity Provider's metadata exposes the \
                 key used to sign the incoming token.",
                state.issuer()
            ),
        ),
        Rejection::BadSignature => Refusal::new(
            "700027",
            "Client assertion failed signature validation. [Reason - The provided signature value did not match the \
             expected signature value.]",
        ),
        Rejection::Expired { .. } | Rejection::NotYetValid { .. } => out_of_time(state, claims),
    }
}

fn malformed() -> Refusal {
    Refusal::new("50027", "JWT token is invalid or malformed.")
}

/// An assertion without `nbf` counts from the beginning of time.
fn out_of_time(state: &State, claims: &Claims) -> Refusal {
    let (now, from) =
        (date_time(state.clock.seconds()), date_time(claims.seconds("nbf").unwrap_or_default()));
    let end = date_time(claims.seconds("exp").unwrap_or_default());
    Refusal::new(
        "700024",
        format!(
            "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {from}, \
             expiry time of assertion {end}. Review the documentation at \
             https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
        ),
    )
}

fn date_time(seconds: i64) -> String {
    let instant = Timestamp::from_second(seconds).unwrap_or_default();
    instant.strftime("%Y-%m-%dT%H:%M:%S.0000000Z").to_string()
}

fn check_lifetime(state: &State, claims: &Claims) -> Result<(), Refusal> {
    let end = claims.seconds("exp").unwrap_or_default();
    let start = claims.seconds("iat").unwrap_or_else(|| state.clock.seconds());
    if end - start <= LONGEST_LIFETIME {
        return Ok(());
    }
    Err(Refusal::new(
        "70023",
        format!(
            "External OIDC Provider token must have a lifetime of less than or equal to 1.01:00:00. Token issued at \
             {start}. Token expires on {end}."
        ),
    ))
}
