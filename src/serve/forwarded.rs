//! Whether a request was passed on by somebody.
//!
//! A program on this machine that fetches addresses for others, such as a proxy, can be led to fetch credentials for them.
//! Those that are written well say whom they ask for, and that is enough to refuse. Cloud vendors' metadata servers do the
//! same.

use hyper::Request;
use hyper::header::FORWARDED;

/// Whether `request` says so.
pub(super) fn is_forwarded<Body>(request: &Request<Body>) -> bool {
    let headers = request.headers();
    headers.contains_key(FORWARDED) || OTHERS.iter().any(|name| headers.contains_key(*name))
}

/// What was in use before RFC 7239.
const OTHERS: [&str; 3] = ["x-forwarded-for", "x-forwarded-host", "x-real-ip"];
