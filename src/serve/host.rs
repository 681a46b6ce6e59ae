//! Whether a request was meant for this machine's own interface.

use std::net::IpAddr;

use hyper::Request;
use hyper::header::HOST;
use hyper::http::uri::Authority;

/// Whether `request` names the loopback interface as its host. The port may be another one, as behind a tunnel.
pub(super) fn is_loopback<Body>(request: &Request<Body>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
        _ => None,
    };
    // Whoever writes a whole URL into the first line means the same host there.
    let others = request.uri().authority();
    named.is_some_and(|host| is_ours(&host)) && others.is_none_or(is_ours)
}

fn is_ours(authority: &Authority) -> bool {
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    !authority.as_str().contains('@')
        && address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(hosts: &[&str]) -> bool {
        let request = hosts.iter().fold(Request::builder(), |request, host| request.header(HOST, *host));
        is_loopback(&request.body(()).unwrap())
    }

    #[test]
    fn only_names_of_the_loopback_interface_are_ours() {
        for good in ["127.0.0.1:9464", "localhost", "LOCALHOST:1", "[::1]:80", "127.0.0.2"] {
            assert!(named(&[good]), "{good}");
        }
        for bad in [
            "evil.example:9464",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "a@localhost",
            "",
            "0.0.0.0",
        ] {
            assert!(!named(&[bad]), "{bad}");
        }
        assert!(!named(&[]) && !named(&["localhost", "localhost"]));
    }
}
