//! Signature version 4: who signed a request
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>).
//!
//! The signature is computed anew from the request as it came in and compared, be it in a header or in the query.
//! Chunked bodies and version 4A are left out, and how long a request that was signed beforehand says that it is good:
//! STS takes it for a quarter of an hour like any other.

mod authorization;
mod canonical;

use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::Sha256;

use self::authorization::Authorization;
use super::sessions::Session;
use super::{Call, Refusal};
use crate::log::Facts;
use crate::state::State;

/// How far the request's time may be from STS's.
const SKEW_SECONDS: i64 = 15 * 60;

/// The session that signed the call to `service`.
pub(super) fn caller(
    state: &State,
    call: &Call<'_>,
    service: &str,
    facts: &mut Facts,
) -> Result<Session, Refusal> {
    let authorization = Authorization::of(call, service)?;
    facts.signed_by = Some(authorization.access_key_id.clone());
    let session = state.aws().get(&authorization.access_key_id).cloned().ok_or_else(unknown)?;
    check_time(state.clock.seconds(), &authorization)?;
    if authorization.security_token.as_deref() != Some(session.token.as_str()) {
        return Err(unknown());
    }
    verify(call, &authorization, &session)?;
    if session.expires_at <= state.clock.now() {
        return Err(Refusal::new(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        ));
    }
    Ok(session)
}

fn unknown() -> Refusal {
    Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

fn mismatch(message: impl Into<String>) -> Refusal {
    Refusal::new(403, "SignatureDoesNotMatch", message)
}

fn check_time(now: i64, authorization: &Authorization) -> Result<(), Refusal> {
    if !authorization.time.starts_with(&authorization.date) {
        return Err(mismatch(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date",
        ));
    }
    check_age(now, &authorization.time)
}

/// Whether something that was signed at `text` may still be shown.
pub(super) fn check_age(now: i64, text: &str) -> Result<(), Refusal> {
    let signed_at = DateTime::strptime("%Y%m%dT%H%M%SZ", text)
        .ok()
        .and_then(|time| time.to_zoned(TimeZone::UTC).ok())
        .map(|time| time.timestamp().as_second())
        .ok_or_else(|| incomplete("Date must be in ISO-8601 'basic format'."))?;
    let basic = |seconds: i64| {
        jiff::Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ").to_string()
    };
    if signed_at < now - SKEW_SECONDS {
        let (limit, now) = (basic(now - SKEW_SECONDS), basic(now));
        return Err(mismatch(format!(
            "Signature expired: {text} is now earlier than {limit} ({now} - 15 min.)"
        )));
    }
    if signed_at > now + SKEW_SECONDS {
        let (limit, now) = (basic(now + SKEW_SECONDS), basic(now));
        return Err(mismatch(format!(
            "Signature not yet current: {text} is still later than {limit} ({now} + 15 min.)"
        )));
    }
    Ok(())
}

fn incomplete(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "IncompleteSignature", message)
}

fn verify(call: &Call<'_>, authorization: &Authorization, session: &Session) -> Result<(), Refusal> {
    let scope = authorization.scope();
    let request = canonical::request_hash(call, &authorization.signed_headers);
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{request}", authorization.time);
    keyed(&key(session, &scope), &text).verify_slice(&authorization.signature).map_err(|_| {
        mismatch(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
             Access Key and signing method. Consult the service documentation for details.",
        )
    })
}

/// The signature of any text, in hexadecimal.
pub(super) fn of_text(session: &Session, scope: &str, text: &str) -> String {
    let signature = keyed(&key(session, scope), text).finalize().into_bytes();
    signature.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The key of a session for a scope: date, region, service and an ending.
fn key(session: &Session, scope: &str) -> Vec<u8> {
    let secret = format!("AWS4{}", session.secret_access_key);
    let step = |key: Vec<u8>, part: &str| keyed(&key, part).finalize().into_bytes().to_vec();
    scope.split('/').fold(secret.into_bytes(), step)
}

const TERMINATOR: &str = "aws4_request";

fn keyed(key: &[u8], text: &str) -> Hmac<Sha256> {
    // HMAC takes keys of any length (RFC 2104 §2), so the other branch is never taken.
    let mut mac = Hmac::<Sha256>::new_from_slice(key)
        .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
    mac.update(text.as_bytes());
    mac
}

impl Call<'_> {
    /// A header that is there once, as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
