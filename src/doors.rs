//! Which login is shown at a registry or at a git server: nobody says so there but the host.

use std::cmp::Reverse;
use std::sync::Arc;

use evercred_core::{Door, Fit};

use crate::login::Login;

/// The login that has a pass for `door`: one that names its host, or else one of its account, or else of its cloud; of
/// several the one named `default`, and then the first by name.
pub fn login_for<'l>(logins: &'l [Arc<Login>], door: &Door) -> Option<&'l Arc<Login>> {
    let fitting = logins.iter().filter_map(|login| Some((login, fit(login, door)?)));
    let best = fitting.min_by_key(|(login, fit)| {
        let name = login.id.name();
        (Reverse(names(login, door)), Reverse(*fit), name != "default", name)
    });
    best.map(|(login, _)| login)
}

fn fit(login: &Login, door: &Door) -> Option<Fit> {
    let passes = login.lender().is_none().then(|| login.provider().passes()).flatten()?;
    // A login that names hosts is for these alone.
    let is_meant = login.hosts.is_empty() || names(login, door);
    passes.fit(door).filter(|_| is_meant)
}

fn names(login: &Login, door: &Door) -> bool {
    match door {
        Door::Cluster { .. } => false,
        Door::Registry { host } | Door::Repository { host, .. } => {
            login.hosts.iter().any(|pattern| matches(pattern, host))
        }
    }
}

fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(ending) => host.len() > ending.len() && host.ends_with(ending),
        None => pattern == host,
    }
}

/// Whether `text` can be one of a login's `hosts`.
pub fn is_pattern(text: &str) -> bool {
    let host = text.strip_prefix("*.").unwrap_or(text);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | ':');
    !host.is_empty() && host.chars().all(plain) && !host.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_or_more_characters_at_the_beginning() {
        assert!(matches("*.azurecr.io", "acme.azurecr.io") && matches("gcr.io", "gcr.io"));
        assert!(!matches("*.azurecr.io", ".azurecr.io") && !matches("gcr.io", "eu.gcr.io"));
        for text in ["*.azurecr.io", "gcr.io", "registry.acme.dev:5000"] {
            assert!(is_pattern(text), "{text}");
        }
        for text in ["", "*", "*azurecr.io", "https://gcr.io", "GCR.io", "a/b", "a.*"] {
            assert!(!is_pattern(text), "{text}");
        }
    }
}
