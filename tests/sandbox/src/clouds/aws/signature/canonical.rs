//! The canonical form of a request, which the signature is over.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::Call;

/// The hash of the canonical request, in hexadecimal.
pub(super) fn request_hash(call: &Call<'_>, signed_headers: &[String]) -> String {
    let headers: String =
        signed_headers.iter().map(|name| format!("{name}:{}\n", values(call, name))).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        call.method,
        call.uri.path(),
        query(call),
        signed_headers.join(";"),
        hash(call.body),
    );
    hash(canonical.as_bytes())
}

/// STS's paths need no encoding, so the path is itself; the query's parts are sorted.
fn query(call: &Call<'_>) -> String {
    let mut parts: Vec<String> = call
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|part| !part.is_empty())
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

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
