//! A profile in one of the two AWS files: our keys in it, and what would keep programs from using them.

mod shadows;

use std::path::{Path, PathBuf};

use evercred_core::{Advice, BuildError, Credential, Failure, Field};

use super::part::{Entry, Part, Taken};
use super::profile_file::{ProfileFile, check_name, check_region, is_mechanism};
use super::{Output, OutputContext, required};
use crate::files::Target;

/// Our keys in a profile.
#[derive(Debug)]
pub(super) struct ProfileEntry {
    part: Part,
    file: ProfileFile,
    other_path: PathBuf,
    profile: String,
    target: Target,
    needs: Vec<Field>,
    keys: Vec<Key>,
    environment: Vec<String>,
}

/// One key for the profile.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) value: Value,
    /// Whether the user's own key of this name is left to stand.
    pub(super) yields: bool,
}

/// What a key says.
#[derive(Debug)]
pub(super) enum Value {
    /// The same whatever the credential.
    Fixed(String),
    /// A field of the credential.
    Of(Field),
}

impl Key {
    pub(super) fn fixed(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: Value::Fixed(value.into()), yields: false }
    }

    pub(super) const fn of(name: &'static str, field: Field) -> Self {
        Self { name, value: Value::Of(field), yields: false }
    }

    pub(super) fn default(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: Value::Fixed(value.into()), yields: true }
    }

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
        Ok(known.then_some(Self { yields: true, ..Self::of("region", Field::REGION) }))
    }

    /// Whether nobody else would write a value like ours.
    fn is_telling(&self) -> bool {
        matches!(self.name, "credential_process" | "web_identity_token_file")
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
        let fields =
            keys.iter().filter_map(|key| if let Value::Of(field) = key.value { Some(field) } else { None });
        let needs = fields.collect();
        check_login(&context.login())?;
        // Values that name our own files are ours beyond doubt; a role or region of the same value may well be the
        // user's.
        let recognised = keys.iter().filter_map(|key| match &key.value {
            Value::Fixed(text) if key.is_telling() => Some((key.name, text.clone())),
            _ => None,
        });
        let part = Part {
            login: context.login(),
            titles: file.titles(profile),
            is_foreign: is_mechanism,
            force,
            recognised: recognised.collect(),
        };
        Ok(Self {
            part,
            file,
            other_path: file.other().path(&context.environment)?,
            profile: profile.to_owned(),
            target: Target::shared(file.path(&context.environment)?, 0o600),
            needs,
            keys,
            environment: shadows::in_environment(profile, &context.environment),
        })
    }

    fn entries(&self, credential: &Credential) -> Result<Vec<Entry>, Failure> {
        let entry = |key: &Key| {
            let value = match &key.value {
                Value::Fixed(text) => text.clone(),
                Value::Of(field) => self.single_word(credential, *field)?,
            };
            Ok(Entry { key: key.name, value, yields: key.yields })
        };
        self.keys.iter().map(entry).collect()
    }

    /// A field that cannot break out of its line.
    fn single_word(&self, credential: &Credential, field: Field) -> Result<String, Failure> {
        let value = required(credential, field, self.target.path.display())?.expose();
        if value.chars().all(|c| c.is_ascii_graphic()) {
            return Ok(value.to_owned());
        }
        Err(Failure::new("write the profile", self.target.path.display().to_string(), Advice::NeedsAttention)
            .message(format!("the credential's `{field}` is not one plain word"))
            .hint("What gave this credential is not AWS, or not well; check the login's endpoint."))
    }

    fn taken(&self, taken: &Taken) -> Failure {
        let Taken { title, key } = taken;
        Failure::new("write the profile", self.target.path.display().to_string(), Advice::NeedsAttention)
            .message(format!("section [{title}] has `{key}`, which evercred did not write"))
            .hint(format!(
                "Remove `{key}` from [{title}], or give this output another `profile`, or set `force = true` in it: \
                 what is there is then set aside as comments, and given back on logout."
            ))
    }
}

impl Output for ProfileEntry {
    fn target(&self) -> &Target {
        &self.target
    }

    fn section(&self) -> Option<&str> {
        self.part.titles.first().map(String::as_str)
    }

    fn needs(&self) -> &[Field] {
        &self.needs
    }

    fn render(&self, credential: &Credential, current: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        let entries = self.entries(credential)?;
        self.part.render(current.unwrap_or_default(), &entries).map_err(|taken| self.taken(&taken))
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        self.part.own_lines(current)
    }

    fn retract(&self, current: &[u8]) -> Option<Vec<u8>> {
        // An empty file says the same as none.
        Some(self.part.retract(current)).filter(|rest| !rest.is_empty())
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let own =
            read(&self.target.path).map(|content| shadows::in_own_file(self, &content)).unwrap_or_default();
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
