//! A profile in one of the two AWS files: our keys in it, and what would keep programs from using them.

mod shadows;

use std::path::{Path, PathBuf};

use evercred_core::{BuildError, Credential, Failure, Field};

use super::profile_file::{ProfileFile, check_name, check_region, is_mechanism};
use super::section::{Section, Words};
use super::{Output, OutputContext, Readers, Way};
use crate::files::Target;

pub(super) use super::section::Key;

/// Our keys in a profile.
#[derive(Debug)]
pub(super) struct ProfileEntry {
    section: Section,
    file: ProfileFile,
    other_path: PathBuf,
    profile: String,
    environment: Vec<String>,
}

const WORDS: Words = Words { thing: "profile", way_out: "give this output another `profile`" };

impl Key {
    /// The region that programs use with the profile, unless the user noted one there: boto3 and the aws CLI make no
    /// call without.
    pub(super) fn region(
        configured: Option<String>,
        context: &OutputContext,
    ) -> Result<Option<Self>, BuildError> {
        if let Some(region) = configured {
            check_region(&region)?;
            return Ok(Some(Self::default("region", region)));
        }
        let known = context.provides.contains(&Field::REGION);
        Ok(known.then_some(Self::default_of("region", Field::REGION)))
    }
}

impl ProfileEntry {
    pub(super) fn new(
        file: ProfileFile,
        profile: &str,
        force: bool,
        keys: Vec<Key>,
        context: &OutputContext,
    ) -> Result<Self, BuildError> {
        check_name(profile)?;
        check_login(&context.login())?;
        let target = Target::shared(file.path(&context.environment)?, 0o600).owned_by(context.owner);
        Ok(Self {
            section: Section::new(
                target,
                file.titles(profile),
                (is_mechanism, force),
                keys,
                (WORDS, context),
            ),
            file,
            other_path: file.other().path(&context.environment)?,
            profile: profile.to_owned(),
            environment: shadows::in_environment(profile, &context.environment),
        })
    }
}

impl Output for ProfileEntry {
    fn target(&self) -> &Target {
        self.section.target()
    }

    fn section(&self) -> Option<&str> {
        self.section.section()
    }

    fn needs(&self) -> &[Field] {
        self.section.needs()
    }

    fn render(&self, credential: &Credential, current: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        self.section.render(credential, current)
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        self.section.own_part(current)
    }

    fn retract(&self, current: &[u8]) -> Option<Vec<u8>> {
        self.section.retract(current)
    }

    /// Keys in a file are read once.
    fn environment(&self) -> Option<Way> {
        let other = self.file.other();
        let way = Way::refreshing(Readers::Aws)
            .with("AWS_PROFILE", &self.profile)
            .at(self.file.variable(), &self.section.target.path, self.file.usual())
            .at(other.variable(), &self.other_path, other.usual());
        Some(Way { refreshes: self.file == ProfileFile::Config, ..way })
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let own = read(&self.section.target.path)
            .map(|content| shadows::in_own_file(self, &content))
            .unwrap_or_default();
        let other = read(&self.other_path).and_then(|content| shadows::in_other_file(self, &content));
        own.into_iter().chain(other).chain(self.environment.iter().cloned()).collect()
    }
}

/// The login's name stands in our comments and in a command line.
fn check_login(login: &str) -> Result<(), BuildError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if login.chars().all(plain) {
        return Ok(());
    }
    let message = format!("the login's name `{login}` cannot stand in an AWS profile");
    Err(BuildError { key: None, message, hint: None }.hint("Use letters, digits and `_ - .` only."))
}

#[cfg(test)]
mod tests;
