//! A snapshot of the environment variables.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The environment variables as they were when the config was loaded.
///
/// Everything that depends on them takes this value, so that tests set their own and nothing reads the process
/// environment behind the config's back. Its `Debug` shows names only: values are often secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The value of `name`; a variable that is set to nothing counts as not set, as the cloud SDKs have it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name` as it is, also if it is set to nothing: some programs take that for a value.
    pub fn verbatim(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The first of `names` that is set.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// A path as people write it: a leading `~/` stands for `$HOME`, and `${NAME}` anywhere for that variable, as
    /// in `${CREDENTIALS_DIRECTORY}/key.pem`. A variable that is not set stays as it is written, so that an
    /// error names it.
    pub fn expand(&self, path: &str) -> PathBuf {
        let path = &self.with_values(path);
        match (path.strip_prefix("~/"), self.get("HOME")) {
            (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
            _ if path == "~" => PathBuf::from(self.get("HOME").unwrap_or(path)),
            _ => PathBuf::from(path),
        }
    }

    fn with_values(&self, text: &str) -> String {
        let (mut done, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let found = after.split_once('}').and_then(|(name, after)| Some((self.get(name)?, after)));
            let (value, after) = found.unwrap_or(("${", after));
            done.extend([before, value]);
            rest = after;
        }
        done + rest
    }

    /// All variables, for a library that wants the whole.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_set_to_nothing_counts_as_not_set() {
        let environment: Environment = [("A", ""), ("B", "x")].into_iter().collect();
        assert_eq!(environment.first(&["A", "B"]), Some("x"));
        assert_eq!((environment.verbatim("A"), environment.verbatim("C")), (Some(""), None));
    }

    #[test]
    fn a_path_may_begin_with_a_tilde_and_hold_variables() {
        let variables =
            [("HOME", "/home/me"), ("CREDENTIALS_DIRECTORY", "/run/credentials/u"), ("EMPTY", "")];
        let environment: Environment = variables.into_iter().collect();
        let expand = |path| environment.expand(path).to_str().unwrap().to_owned();
        assert_eq!(expand("~/key"), "/home/me/key");
        assert_eq!(expand("~"), "/home/me");
        assert_eq!(expand("${CREDENTIALS_DIRECTORY}/key.pem"), "/run/credentials/u/key.pem");
        assert_eq!(expand("${HOME}/${HOME}/x${HOME}"), "/home/me//home/me/x/home/me");
        for plain in ["/a/~/b", "${UNKNOWN}/a", "${EMPTY}/a", "${HOME", "$HOME/a", "a}b", "${}", "${${HOME"] {
            assert_eq!(expand(plain), plain);
        }
    }

    #[test]
    fn debug_shows_names_only() {
        let environment: Environment = [("TOKEN", "hunter2")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"TOKEN"}"#);
    }
}
