//! The `Authorization` header, or what stands for it in a query.

use url::form_urlencoded;

use super::{Call, Refusal, TERMINATOR, incomplete};

/// What it says, with the request's time.
pub(super) struct Authorization {
    pub(super) access_key_id: String,
    /// `20260101`.
    pub(super) date: String,
    pub(super) region: String,
    service: String,
    /// In small letters, in the order given.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: Vec<u8>,
    /// `20260101T120000Z`.
    pub(super) time: String,
    pub(super) security_token: Option<String>,
}

impl Authorization {
    pub(super) fn of(call: &Call<'_>, service: &str) -> Result<Self, Refusal> {
        let query = call.uri.query().unwrap_or_default();
        if query.contains("X-Amz-Signature=") {
            return Self::in_query(query, service);
        }
        let missing =
            || Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
        let header = call.header("authorization").ok_or_else(missing)?;
        let parts = header.strip_prefix("AWS4-HMAC-SHA256").ok_or_else(missing)?;
        let part = |name: &str| {
            let found = parts.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
        };
        let signed_headers: Vec<String> = part("SignedHeaders")?.split(';').map(str::to_owned).collect();
        if !signed_headers.iter().any(|name| name == "host") {
            return Err(incomplete(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ));
        }
        let [access_key_id, date, region] = scope(part("Credential")?, service)?;
        let time = call.header("x-amz-date").ok_or_else(|| {
            incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        })?;
        let signature =
            bytes(part("Signature")?).ok_or_else(|| incomplete("Signature must be hexadecimal."))?;
        let security_token = call.header("x-amz-security-token").map(str::to_owned);
        let (service, time) = (service.to_owned(), time.to_owned());
        Ok(Self { access_key_id, date, region, service, signed_headers, signature, time, security_token })
    }

    fn in_query(query: &str, service: &str) -> Result<Self, Refusal> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let part = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            found.ok_or_else(|| incomplete(format!("AWS query-string parameters must include '{name}'.")))
        };
        if part("X-Amz-Algorithm")? != "AWS4-HMAC-SHA256" {
            return Err(incomplete("Unsupported AWS 'algorithm'."));
        }
        let signed_headers: Vec<String> =
            part("X-Amz-SignedHeaders")?.split(';').map(str::to_owned).collect();
        if !signed_headers.iter().any(|name| name == "host") {
            return Err(incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization."));
        }
        let [access_key_id, date, region] = scope(&part("X-Amz-Credential")?, service)?;
        let signature =
            bytes(&part("X-Amz-Signature")?).ok_or_else(|| incomplete("Signature must be hexadecimal."))?;
        let (service, time) = (service.to_owned(), part("X-Amz-Date")?);
        let security_token = part("X-Amz-Security-Token").ok();
        Ok(Self { access_key_id, date, region, service, signed_headers, signature, time, security_token })
    }

    pub(super) fn scope(&self) -> String {
        format!("{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}

/// Access key, date and region of a credential for `wanted`.
fn scope(credential: &str, wanted: &str) -> Result<[String; 3], Refusal> {
    match credential.split('/').collect::<Vec<_>>()[..] {
        [key, date, region, service, TERMINATOR] if service == wanted => {
            Ok([key, date, region].map(str::to_owned))
        }
        [_, _, _, _, TERMINATOR] => Err(Refusal::new(
            403,
            "SignatureDoesNotMatch",
            format!("Credential should be scoped to correct service: '{wanted}'."),
        )),
        _ => Err(incomplete(format!("'{credential}' not a valid key=value pair in Authorization header."))),
    }
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits = hexadecimal.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if digits.len().is_multiple_of(2) { digits.chunks(2).map(pair).collect() } else { None }
}
