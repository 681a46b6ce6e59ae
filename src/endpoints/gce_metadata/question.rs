//! What is asked of the metadata server: a path and the parameters that count.

use std::time::Duration;

use hyper::Uri;
use url::form_urlencoded;

/// A question.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    /// The names in the path.
    pub(super) path: Vec<String>,
    /// Whether all that is below is wanted.
    pub(super) recursive: bool,
    /// Whether JSON was asked for, or text, where there is a choice.
    pub(super) json: Option<bool>,
    /// For whom an ID token is to be.
    pub(super) audience: Option<String>,
    /// How long to wait for something new.
    pub(super) wait: Option<Duration>,
    /// What is known already.
    pub(super) known: Option<String>,
}

/// Nobody waits longer; who asks then asks again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Question {
    pub(super) fn of(uri: &Uri) -> Self {
        // Addresses of accounts have no other character that is written in another way.
        let name = |name: &str| name.replace("%40", "@");
        let path = uri.path().split('/').filter(|part| !part.is_empty()).map(name).collect();
        let (mut question, mut waits, mut limit) = (Self { path, ..Self::default() }, false, LONGEST_WAIT);
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "recursive" => question.recursive = value.eq_ignore_ascii_case("true"),
                "alt" => question.json = Some(value == "json"),
                "audience" => question.audience = Some(value.into_owned()),
                "wait_for_change" => waits = value.eq_ignore_ascii_case("true"),
                "last_etag" => question.known = Some(value.into_owned()),
                "timeout_sec" => {
                    limit = value.parse().map_or(LONGEST_WAIT, Duration::from_secs).min(LONGEST_WAIT);
                }
                // Compute Engine knows others, too, and pays no heed to scopes.
                _ => {}
            }
        }
        question.wait = waits.then_some(limit);
        question
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(uri: &str) -> Question {
        Question::of(&uri.parse().unwrap())
    }

    #[test]
    fn a_path_is_its_names_however_it_is_written() {
        let path = ["computeMetadata", "v1", "instance", "service-accounts", "a@b.c", "token"];
        for uri in [
            "/computeMetadata/v1/instance/service-accounts/a@b.c/token",
            "/computeMetadata/v1/instance/service-accounts/a%40b.c/token/?scopes=x%2Cy",
            "//computeMetadata/v1/instance/service-accounts/a@b.c//token",
        ] {
            assert_eq!(question(uri).path, path, "{uri}");
        }
        assert_eq!(question("/"), Question::default());
    }

    #[test]
    fn parameters_are_read_as_they_were_meant() {
        let found =
            question("/x?audience=https%3A%2F%2Frun.app%2F+a&format=full&licenses=TRUE&recursive=True");
        assert_eq!(found.audience.as_deref(), Some("https://run.app/ a"));
        assert!(found.recursive && found.json.is_none() && found.wait.is_none());
        assert_eq!(question("/x?alt=json").json, Some(true));
        assert_eq!(question("/x?alt=text").json, Some(false));
    }

    #[test]
    fn nobody_waits_for_ever() {
        assert_eq!(question("/x?wait_for_change=true").wait, Some(LONGEST_WAIT));
        assert_eq!(question("/x?wait_for_change=true&timeout_sec=3600").wait, Some(LONGEST_WAIT));
        let short = question("/x?wait_for_change=true&timeout_sec=2&last_etag=abc");
        assert_eq!((short.wait, short.known.as_deref()), (Some(Duration::from_secs(2)), Some("abc")));
        assert_eq!(question("/x?timeout_sec=2").wait, None);
    }
}
