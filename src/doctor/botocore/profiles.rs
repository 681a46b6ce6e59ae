//! The profiles of the two AWS files, as botocore puts them together
//! ([configuration](https://docs.aws.amazon.com/boto3/latest/guide/configuration.html)).
//!
//! In the config file, `[default]` and sections of two words that begin with `profile` are profiles, and of two
//! sections for one profile the later counts alone. In the credentials file every section is one, and its keys come
//! before those of the config file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::doctor::observation::Observation;
use crate::doctor::prediction::{Choice, Place};
use crate::doctor::python_ini::{IniFile, Keys};

/// Both files, read.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    /// Of both files together.
    pub(super) merged: BTreeMap<String, Keys>,
    /// Of the config file alone.
    pub(super) config: BTreeMap<String, Keys>,
    /// Of the credentials file alone.
    pub(super) credentials: IniFile,
    /// The sessions for single sign-on.
    pub(super) sessions: BTreeMap<String, Keys>,
}

/// Where botocore looks for the config file.
pub(crate) fn config_path(observation: &Observation<'_>) -> PathBuf {
    observation.expand(observation.verbatim("AWS_CONFIG_FILE").unwrap_or("~/.aws/config"))
}

/// Where botocore looks for the credentials file.
pub(crate) fn credentials_path(observation: &Observation<'_>) -> PathBuf {
    observation.expand(observation.verbatim("AWS_SHARED_CREDENTIALS_FILE").unwrap_or("~/.aws/credentials"))
}

impl Profiles {
    /// Reads both; a mistake in either is the end of everything.
    pub(super) fn read(observation: &Observation<'_>) -> Result<Self, Choice> {
        let mut profiles = Self::default();
        if let Some(file) = read(observation, &config_path(observation))? {
            profiles.add_config(file);
        }
        profiles.merged = profiles.config.clone();
        profiles.credentials = read(observation, &credentials_path(observation))?.unwrap_or_default();
        for section in &profiles.credentials.sections {
            let keys = section.keys.clone();
            profiles.merged.entry(section.title.clone()).or_default().extend(keys);
        }
        Ok(profiles)
    }

    fn add_config(&mut self, file: IniFile) {
        for section in file.sections {
            let title = &section.title;
            let to = if title.starts_with("profile") {
                &mut self.config
            } else if title.starts_with("sso-session") {
                &mut self.sessions
            } else if title == "default" {
                self.config.insert(section.title, section.keys);
                continue;
            } else {
                continue;
            };
            if let Some([_, name]) = words(title).as_deref() {
                to.insert(name.clone(), section.keys);
            }
        }
    }
}

/// A file; values that begin on a line of their own must be keys in their turn.
fn read(observation: &Observation<'_>, path: &Path) -> Result<Option<IniFile>, Choice> {
    let Some(file) = IniFile::read(observation, path)? else { return Ok(None) };
    let entries = file.sections.iter().flat_map(|section| section.keys.values());
    let mut nested = entries.filter(|entry| entry.value.starts_with('\n'));
    let is_broken = |value: &str| value.lines().any(|line| !line.trim().is_empty() && !line.contains('='));
    match nested.find(|entry| is_broken(&entry.value)) {
        Some(entry) => Err(Choice::fails(entry.place(), "an indented line below the key has no `=`")),
        None => Ok(Some(file)),
    }
}

/// A title in words, as a POSIX shell splits them; none, if a quote is left open.
fn words(title: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut characters = title.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, _) if c.is_ascii_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => {
                let next = characters.next()?;
                let keeps = quote.is_some() && !matches!(next, '"' | '\\');
                word.get_or_insert_default().extend(keeps.then_some('\\').into_iter().chain([next]));
            }
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// The profile that is asked for, and the variable that asks for it.
pub(super) fn selected<'o>(observation: &'o Observation<'_>) -> Option<(&'o str, Place)> {
    let variables = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"].into_iter();
    let mut set = variables.filter_map(|name| Some((observation.verbatim(name)?, Place::variable(name))));
    set.next()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_title_is_split_as_a_shell_would() {
        let split = |title| words(title).map(|words| words.join("|"));
        assert_eq!(split("profile \"a b\"").as_deref(), Some("profile|a b"));
        assert_eq!(split("profile  a\\ b 'c'd").as_deref(), Some("profile|a b|cd"));
        assert_eq!(split("profile \"\"").as_deref(), Some("profile|"));
        assert_eq!(split("profile 'a"), None);
    }
}
