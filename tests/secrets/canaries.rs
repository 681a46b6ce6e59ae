//! Secrets that are known to the test, and the search for them.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// Texts that must not be found, by what they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Canaries(BTreeMap<String, Vec<String>>);

/// As much of a text as nobody else has by chance.
const TELLING: usize = 24;
const LONGEST_WORD: usize = 8;

impl Canaries {
    /// A secret of one piece.
    pub(crate) fn plant(&mut self, what: &str, secret: &str) {
        self.0.entry(what.to_owned()).or_default().push(secret.to_owned());
    }

    /// A token, of which no part may be found: neither the beginning of its claims nor that of its signature. Other
    /// long secrets count from their beginning, too. Parts as short as words (Google's tokens begin with some) say nothing.
    pub(crate) fn plant_parts(&mut self, what: &str, secret: &str) {
        let parts = secret.split('.').skip(usize::from(secret.starts_with("eyJ")));
        for part in parts.filter(|part| part.len() > LONGEST_WORD) {
            self.plant(what, part.get(..TELLING).unwrap_or(part));
        }
    }

    /// What of them is in `bytes`.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let text = String::from_utf8_lossy(bytes);
        let found = self.0.iter().filter(|(_, secrets)| secrets.iter().any(|secret| text.contains(secret)));
        found.map(|(what, _)| what.as_str()).collect()
    }

    /// Fails the test if `text` holds one; shows the line that does.
    #[track_caller]
    pub(crate) fn assert_absent_from(&self, what: &(impl Debug + ?Sized), text: &str) {
        for line in text.lines() {
            let found = self.found_in(line.as_bytes());
            assert!(found.is_empty(), "{what:?} holds {found:?}: {line}");
        }
    }

    /// Those that are not among `others`.
    pub(crate) fn without(&self, others: &Self) -> Self {
        let is_other = |secret: &String| others.0.values().flatten().any(|other| other == secret);
        let own = |(what, secrets): (&String, &Vec<String>)| {
            let secrets: Vec<_> = secrets.iter().filter(|secret| !is_other(secret)).cloned().collect();
            (what.clone(), secrets)
        };
        Self(self.0.iter().map(own).collect())
    }
}
