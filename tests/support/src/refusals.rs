//! What a service is known to refuse with, and what the user is told of it: one file each, in a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use evercred_core::{Advice, Failure};
use serde::Deserialize;

use crate::scripted::Answer;

/// One refusal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The name of its file.
    #[serde(skip)]
    name: String,
    /// Where it comes from.
    docs: String,
    /// Keys of the login, besides those that all have.
    #[serde(default)]
    pub config: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: String,
    expect: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The advice; with the seconds after which to try again, if the service says so.
    class: String,
    code: Option<String>,
    /// A part of the sentence.
    says: String,
    /// A part of the remedy.
    hint: String,
}

impl Refusal {
    /// Those in `folder`, which are `least` at least.
    pub fn all(folder: &Path, least: usize) -> Vec<Self> {
        let entries = folder.read_dir().expect("the folder of refusals is there");
        let all: Vec<_> = entries.map(|entry| Self::read(&entry.expect("it can be read").path())).collect();
        assert!(all.len() >= least, "only {} refusals were found", all.len());
        all
    }

    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a refusal can be read");
        let refusal = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), ..refusal }
    }

    /// What the service says.
    pub fn answer(&self) -> Answer {
        let answer = Answer::new(self.status, &self.body);
        self.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    /// Fails the test unless the user is told of it what is expected, and nothing of `secrets`.
    pub fn check(&self, failure: &Failure, secrets: &[&str]) {
        let shown = failure.to_string();
        let (hint, cure) = (failure.remedy().unwrap_or_default(), failure.cure().unwrap_or_default());
        let advice = format!("{hint}\n{cure}");
        let about = format!("{} ({}): {shown} / {advice}", self.name, self.docs);
        assert_eq!(class(failure), self.expect.class, "{about}");
        assert_eq!(failure.provider_code(), self.expect.code.as_deref(), "{about}");
        assert!(shown.contains(&self.expect.says) && !shown.ends_with('.'), "{about}");
        assert!(!shown.contains('\r'), "{about}");
        assert!(advice.contains(&self.expect.hint) && !hint.contains('{') && !has_blank(&advice), "{about}");
        for secret in secrets {
            assert!(!format!("{shown}{failure:?}").contains(secret), "{about}");
        }
    }
}

/// Whether something like `{issuer}` is left that a remedy should have been filled in at.
fn has_blank(advice: &str) -> bool {
    advice.split('{').skip(1).any(|rest| {
        let word = rest.split('}').next().filter(|word| word.len() < rest.len());
        word.is_some_and(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
    })
}

fn class(failure: &Failure) -> String {
    match failure.advice() {
        Advice::Retry { after: Some(after) } if after > Duration::ZERO => {
            format!("retry:{}", after.as_secs())
        }
        advice => advice.class().to_owned(),
    }
}
