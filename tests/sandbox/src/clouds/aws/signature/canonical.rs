//! The canonical form of a request, which the signature is over.

use super::Call;
use crate::digest::sha256;

/// The hash of the canonical request, in hexadecimal.
pub(super) fn request_hash(call: &Call<'_>, signed_headers: &[String]) -> String {
    let headers: Vec<String> =
        signed_headers.iter().map(|name| format!("{name}:{}", values(call, name))).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{}\n\n{}\n{}",
        call.method,
        call.uri.path(),
        query(call),
        headers.join("\n"),
        signed_headers.join(";"),
        sha256(call.body),
    );
    sha256(canonical.as_bytes())
}

/// STS's paths need no encoding, so the path is itself; the query's parts are sorted, and a signature among them is not
/// signed itself.
fn query(call: &Call<'_>) -> String {
    let mut parts: Vec<String> = call
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("X-Amz-Signature="))
        .map(|part| if part.contains('=') { part.to_owned() } else { format!("{part}=") })
        .collect();
    parts.sort();
    parts.join("&")
}

/// All values of a header, with runs of white space made one.
fn values(call: &Call<'_>, name: &str) -> String {
    let text = |value: &axum::http::HeaderValue| {
        String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    call.headers.get_all(name).iter().map(text).collect::<Vec<_>>().join(",")
}
