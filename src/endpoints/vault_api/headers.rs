//! The headers that mean something to both ends; all others are of one connection, or nobody's.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, HeaderName, HeaderValue};

/// What names the token in a request.
const TOKEN: &str = "x-vault-token";
/// The server's own headers begin so.
const OWN: &str = "x-vault-";
const OF_REQUESTS: [&str; 4] = ["accept", "content-type", "if-modified-since", "user-agent"];
const OF_ANSWERS: [&str; 5] = ["content-type", "last-modified", "retry-after", "warning", "www-authenticate"];

/// The token that a request presents, in either way that servers know.
pub(super) fn token(headers: &HeaderMap) -> Option<&[u8]> {
    let bearer = || headers.get(AUTHORIZATION)?.as_bytes().strip_prefix(b"Bearer ");
    headers.get(TOKEN).map(HeaderValue::as_bytes).or_else(bearer)
}

/// Those of a request.
pub(super) fn of_request(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let passed = headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        OF_REQUESTS.contains(&name) || (name.starts_with(OWN) && name != TOKEN)
    });
    passed.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// Those of an answer.
pub(super) fn back(headers: &[(String, Vec<u8>)], answer: &mut HeaderMap) {
    for (name, value) in headers {
        let passed = OF_ANSWERS.contains(&name.as_str()) || (name.starts_with(OWN) && name != TOKEN);
        if let (true, Ok(name), Ok(value)) =
            (passed, HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value))
        {
            answer.insert(name, value);
        }
    }
    answer.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
