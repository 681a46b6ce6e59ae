//! The path of a request, as the server will understand it.
//!
//! What is not to be passed on must be recognised however it is written: with escapes, with a namespace before it, with
//! segments that lead back. Paths that servers themselves would only redirect are not passed on at all.

use percent_encoding::percent_decode_str;

/// The segments after `/v1/`, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
}

/// What a path does to tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It ends a token.
    Revocation,
    /// It changes how long the token lives that it is asked with.
    OwnRenewal,
    /// It changes how long another lives.
    Renewal,
    /// Nothing.
    Elsewhere,
}

impl Path {
    /// `None`: it is none of the API.
    pub(super) fn of(path: &str) -> Option<Self> {
        let segments = path.strip_prefix("/v1/")?.split('/').map(decoded).collect::<Option<Vec<_>>>()?;
        let (last, before) = segments.split_last()?;
        // One slash may end a path: lists are asked for so.
        let sound =
            before.iter().all(|segment| !segment.is_empty()) && !(before.is_empty() && last.is_empty());
        sound.then_some(Self { segments })
    }

    pub(super) fn place(&self) -> Place {
        let named: Vec<&str> =
            self.segments.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        // A namespace may stand before it, and an accessor or the token itself after it.
        let at_tokens = named.windows(3).find(|words| matches!(words, ["auth", "token", _]));
        match at_tokens.map(|words| words[2]) {
            Some(word) if word.starts_with("revoke") => Place::Revocation,
            Some("renew-self") => Place::OwnRenewal,
            Some(word) if word.starts_with("renew") => Place::Renewal,
            _ => Place::Elsewhere,
        }
    }
}

fn decoded(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    let leads_elsewhere = matches!(text.as_ref(), "." | "..") || text.contains(['/', '\\', '\0']);
    (!leads_elsewhere).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_or_prolongs_a_token_is_recognised_however_it_is_written() {
        for path in [
            "/v1/auth/token/revoke-self",
            "/v1/auth/token/revoke-self/",
            "/v1/auth/token/revoke%2Dself",
            "/v1/%61uth/token/revoke-self",
            "/v1/team/a/auth/token/revoke-self",
            "/v1/auth/token/revoke",
            "/v1/auth/token/revoke-accessor",
            "/v1/auth/token/revoke-accessor/abc",
            "/v1/auth/token/revoke-orphan",
        ] {
            assert_eq!(Path::of(path).unwrap().place(), Place::Revocation, "{path}");
        }
        assert_eq!(Path::of("/v1/auth/token/renew-self").unwrap().place(), Place::OwnRenewal);
        assert_eq!(Path::of("/v1/a/auth/token/renew-accessor").unwrap().place(), Place::Renewal);
        for path in
            ["/v1/auth/token/lookup-self", "/v1/secret/data/app", "/v1/secret/metadata/", "/v1/sys/health"]
        {
            assert_eq!(Path::of(path).unwrap().place(), Place::Elsewhere, "{path}");
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_none_of_the_api() {
        for path in [
            "/",
            "/v1",
            "/v1/",
            "/ui/",
            "/v2/secret",
            "/v1/secret/../auth/token/revoke-self",
            "/v1/secret/%2e%2e/auth/token/revoke-self",
            "/v1//auth/token/revoke-self",
            "/v1/auth//token/revoke-self",
            "/v1/auth%2Ftoken%2Frevoke-self",
            "/v1/a\\b",
            "/v1/%ff",
        ] {
            assert_eq!(Path::of(path), None, "{path}");
        }
    }

    #[test]
    fn a_name_with_a_space_and_a_list_keep_their_meaning() {
        assert_eq!(Path::of("/v1/secret/data/a%20b").unwrap().segments, ["secret", "data", "a b"]);
        assert_eq!(Path::of("/v1/secret/metadata/").unwrap().segments, ["secret", "metadata", ""]);
    }
}
