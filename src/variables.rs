//! What programs have to be told so that they find logins: variables to set, and variables to take out.
//!
//! Of all ways to the same login one is chosen for each kind of programs, and whatever else in their environment chooses a
//! credential is taken out. Nothing here asks anybody: variables follow from the config, unless they are secrets.

pub mod file;
mod github;
mod syntax;

use std::collections::{BTreeMap, BTreeSet};

use evercred_core::{Credential, Environment, Field, Secret};

use crate::login::{Login, LoginId};
use crate::outputs::{Readers, Value, Variable, Way};

pub use file::VariablesFile;
pub use syntax::{Syntax, Unwritable};

/// The variables for some logins.
#[derive(Debug, Default)]
pub struct Variables {
    set: BTreeMap<String, Setting>,
    unset: BTreeSet<&'static str>,
}

/// What one variable is set to.
#[derive(Debug, Clone)]
pub struct Setting {
    /// For which login.
    pub login: LoginId,
    /// The value.
    pub value: Secret,
    /// Whether somebody who sees it can use it.
    pub is_secret: bool,
}

/// Two logins want to set the same variable to different values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("programs can find either {first} or {second}, but not both: each sets {variable}")]
pub struct Clash {
    /// The variable.
    pub variable: String,
    /// Who came first.
    pub first: LoginId,
    /// Who came second.
    pub second: LoginId,
}

/// Of a login's ways that hold no secret, one for each kind of programs: the first that refreshes, or else the first.
pub fn ways(login: &Login) -> Vec<Way> {
    let mut all: Vec<Way> = login.outputs.iter().filter_map(|output| output.environment()).collect();
    all.retain(|way| way.readers != Readers::Own);
    all.sort_by_key(|way| (way.readers, !way.refreshes));
    all.dedup_by_key(|way| way.readers);
    all
}

/// Whether programs that run for days go on working by one of these.
pub fn any_refreshes(ways: &[Way]) -> bool {
    ways.iter().any(|way| way.refreshes)
}

/// The last resort: the credential itself, in the variables that the config chose for it, or else in those that programs
/// of the provider read. `None` if there are no such variables.
pub fn secrets(login: &Login) -> Option<Way> {
    let own = login.outputs.iter().filter_map(|output| output.environment());
    let own: Vec<_> = own.filter(|way| way.readers == Readers::Own).flat_map(|way| way.variables).collect();
    let usual = login.lender().is_none().then(|| login.provider().variables()).unwrap_or_default();
    let usual =
        usual.iter().map(|(name, field)| Variable { name: (*name).to_owned(), value: Value::Secret(*field) });
    let variables = if own.is_empty() { usual.collect() } else { own };
    (!variables.is_empty()).then_some(Way { readers: Readers::Own, refreshes: false, variables })
}

impl Variables {
    /// Adds those by which programs in `environment` find `login` in this way; `credential` is for a way with secrets.
    pub fn add(
        &mut self,
        login: &Login,
        way: &Way,
        environment: &Environment,
        credential: Option<&Credential>,
    ) -> Result<(), Clash> {
        self.unset.extend(way.readers.choosing());
        for variable in &way.variables {
            self.unset.extend(row_of(&variable.name).choosing());
            let (value, is_secret) = match &variable.value {
                Value::Plain(text) => (Secret::new(text), false),
                Value::Place { path, usual } if environment.expand(usual).to_str() == Some(path) => continue,
                Value::Place { path, .. } => (Secret::new(path), false),
                Value::Secret(field) => match credential.and_then(|credential| credential.field(*field)) {
                    Some(secret) => (secret.clone(), !is_fixed(login, *field)),
                    None => continue,
                },
            };
            self.insert(&variable.name, Setting { login: login.id.clone(), value, is_secret })?;
        }
        Ok(())
    }

    /// What is to be set, by name.
    pub fn set(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.set.iter().map(|(name, setting)| (name.as_str(), setting))
    }

    /// What is to be taken out.
    pub fn unset(&self) -> impl Iterator<Item = &'static str> {
        self.unset.iter().copied().filter(|name| !self.set.contains_key(*name))
    }

    /// As `syntax` has them.
    pub fn statements(&self, syntax: Syntax) -> Result<String, Unwritable> {
        syntax::statements(syntax, self)
    }

    /// What a step of a GitHub workflow says before anything else, so that no log shows a secret.
    pub fn github_masks(&self) -> String {
        github::masks(self)
    }

    /// What it appends to the file of variables, when `environment` is the one of the job.
    pub fn github_entries(&self, environment: &Environment) -> String {
        github::lines(self) + &github::emptied(self, environment)
    }

    fn insert(&mut self, name: &str, setting: Setting) -> Result<(), Clash> {
        match self.set.get(name) {
            Some(known) if known.value.expose() != setting.value.expose() => {
                Err(Clash { variable: name.to_owned(), first: known.login.clone(), second: setting.login })
            }
            Some(_) => Ok(()),
            None => {
                self.set.insert(name.to_owned(), setting);
                Ok(())
            }
        }
    }
}

/// Whose variable it is.
fn row_of(name: &str) -> Readers {
    let row = Readers::ALL.into_iter().find(|readers| readers.choosing().contains(&name));
    row.unwrap_or(Readers::Own)
}

fn is_fixed(login: &Login, field: Field) -> bool {
    login.provider().fixed().iter().any(|(known, _)| *known == field)
}

#[cfg(test)]
mod tests;
