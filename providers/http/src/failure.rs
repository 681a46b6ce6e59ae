//! Network errors in plain words.

use std::borrow::Cow;

use evercred_core::{Advice, Failure};

/// Describes a request that got no answer at all: no connection, no TLS, no reply in time.
///
/// The error's own text may contain the URL, so only its causes are kept, and the place is given by the caller.
pub fn network_failure(
    operation: impl Into<Cow<'static, str>>,
    place: &str,
    error: reqwest::Error,
) -> Failure {
    let (message, hint) = describe(&error);
    Failure::new(operation, place, advice(&error)).message(message).hint(hint).caused_by(error.without_url())
}

/// A peer that answered, if only to refuse the connection, has been asked something: that is no time to hurry. A
/// password that a proxy refuses is not to be tried again and again, or the account gets locked.
fn advice(error: &reqwest::Error) -> Advice {
    let text = causes(error);
    if text.contains("proxy authorization required") {
        Advice::NeedsAttention
    } else if error.is_connect()
        && !text.contains("certificate")
        && !text.contains("tunnel error: unsuccessful")
    {
        Advice::Unreachable
    } else {
        Advice::RETRY
    }
}

/// What went wrong, and what to do.
type Words = (&'static str, &'static str);

fn describe(error: &reqwest::Error) -> Words {
    let text = causes(error);
    let is_said = |(signs, _): &&(&[&str], Words)| signs.iter().any(|sign| text.contains(sign));
    if error.is_timeout() {
        return (
            "no answer in time",
            "Check that the address is right and that no firewall swallows the packets.",
        );
    }
    match SIGNS.iter().find(is_said) {
        Some((_, words)) => *words,
        None if error.is_connect() => (
            "no connection",
            "Check the address, the proxy variables (HTTPS_PROXY, NO_PROXY), and the network.",
        ),
        None => (
            "the connection broke before a whole answer came",
            "This is usually transient; evercred tries again.",
        ),
    }
}

/// What stands in the causes of an error, and what that means. The first that fits counts.
const SIGNS: [(&[&str], Words); 7] = [
    (
        &["certificate expired", "certificate not valid yet"],
        (
            "its certificate is not valid at this time",
            "Compare this machine's clock with the true time; if it is right, the server needs a new certificate.",
        ),
    ),
    (
        &["not valid for name"],
        ("its certificate is for another host name", "Check the spelling of the host in the address."),
    ),
    (
        &["alert: CertificateRequired", "alert: BadCertificate", "alert: UnknownCA"],
        (
            "it wants a certificate of this machine's that it trusts",
            "Name one, and its key, as `client_certificate` and `client_key`, where a login has these.",
        ),
    ),
    (
        &["certificate", "UnknownIssuer"],
        (
            "its certificate is not trusted",
            "If a private certificate authority signed it, name its PEM file as `ca_bundle` (or in SSL_CERT_FILE).",
        ),
    ),
    (
        &["tunnel error: failed"],
        ("the proxy cannot be reached", "Check HTTPS_PROXY and NO_PROXY, and that the proxy is running."),
    ),
    (
        &["tunnel", "proxy"],
        (
            "the proxy did not let it through",
            "Check that the proxy allows this host and takes the user name and password in HTTPS_PROXY, or add the \
             host to NO_PROXY.",
        ),
    ),
    (
        &["dns", "lookup"],
        (
            "the host name is not known",
            "Check the spelling of the host, and the name servers of this machine.",
        ),
    ),
];

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&cause.to_string());
        text.push('\n');
        next = cause.source();
    }
    text
}
