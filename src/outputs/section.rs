//! Our keys in one section of an INI file that other programs write, too: what stands there, and whose it is.
//!
//! How they get there and out again is `part`; this is the output around it.

use std::path::Path;

use evercred_core::{Advice, Credential, Failure, Field};

use super::part::{Entry, Part, Taken};
use super::{Output, OutputContext, Way, required};
use crate::files::Target;

/// Our keys in a section.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) part: Part,
    pub(super) target: Target,
    needs: Vec<Field>,
    keys: Vec<Key>,
    words: Words,
    shadows: Vec<String>,
    way: Option<Way>,
}

/// How the user knows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// What it is: "profile".
    pub(super) thing: &'static str,
    /// What would take it somewhere else: "give this output another `profile`".
    pub(super) way_out: &'static str,
}

/// One key for the section.
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

    /// A field of the credential, unless the user has a key of this name.
    pub(super) const fn default_of(name: &'static str, field: Field) -> Self {
        Self { name, value: Value::Of(field), yields: true }
    }

    /// Whether nobody else would write a value like ours.
    fn is_telling(&self) -> bool {
        matches!(
            self.name,
            "access_token_file"
                | "credential_process"
                | "gs_external_account_file"
                | "web_identity_token_file"
        )
    }
}

impl Section {
    /// The section of `target` with one of `titles`, in which `is_foreign` keys make it somebody else's.
    pub(super) fn new(
        target: Target,
        titles: Vec<String>,
        (is_foreign, force): (fn(&str) -> bool, bool),
        keys: Vec<Key>,
        (words, context): (Words, &OutputContext),
    ) -> Self {
        let fields =
            keys.iter().filter_map(|key| if let Value::Of(field) = key.value { Some(field) } else { None });
        let needs = fields.collect();
        // Values that name our own files are ours beyond doubt; a role or region of the same value may well be the
        // user's.
        let recognised = keys.iter().filter_map(|key| match &key.value {
            Value::Fixed(text) if key.is_telling() => Some((key.name, text.clone())),
            _ => None,
        });
        let recognised = recognised.collect();
        let part = Part { login: context.login(), titles, is_foreign, force, recognised };
        Self { part, target, needs, keys, words, shadows: Vec::new(), way: None }
    }

    /// The same, with what is known to keep programs from reading it.
    pub(super) fn shadowed_by(mut self, shadows: Vec<String>) -> Self {
        self.shadows = shadows;
        self
    }

    /// The same, which programs find in this way.
    pub(super) fn found_by(mut self, way: Way) -> Self {
        self.way = Some(way);
        self
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
        Err(self
            .failure()
            .message(format!("the credential's `{field}` is not one plain word"))
            .hint("What gave this credential is not the cloud, or not well; check the login's endpoint."))
    }

    fn taken(&self, taken: &Taken) -> Failure {
        let Taken { title, key } = taken;
        let way_out = self.words.way_out;
        self.failure().message(format!("section [{title}] has `{key}`, which evercred did not write")).hint(format!(
            "Remove `{key}` from [{title}], or {way_out}, or set `force = true` in it: what is there is then set aside \
             as comments, and given back on logout."
        ))
    }

    fn failure(&self) -> Failure {
        let place = self.target.path.display().to_string();
        Failure::new(format!("write the {}", self.words.thing), place, Advice::NeedsAttention)
    }
}

impl Output for Section {
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

    fn environment(&self) -> Option<Way> {
        self.way.clone()
    }

    fn shadows(&self, _: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        self.shadows.clone()
    }
}
