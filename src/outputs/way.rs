//! Ways: by which variables programs find what an output keeps.
//!
//! Variables of a running program never change, so they name the place of a credential rather than hold one, and the
//! program asks again there. Whatever else its environment says about credentials would come before that or beside it;
//! which variables those are is one table, by who reads them ([`Readers::choosing`]).

mod readers;

use std::path::Path;

use evercred_core::Field;

use super::OutputContext;

pub use readers::Readers;

/// How programs find an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Which programs.
    pub readers: Readers,
    /// Whether one of them that runs for days goes on working.
    pub refreshes: bool,
    /// What they have to be told.
    pub variables: Vec<Variable>,
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: Value,
}

/// What a variable says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This, which is no secret.
    Plain(String),
    /// This path, unless it is where programs look without being told.
    Place {
        /// The path.
        path: String,
        /// Where they look, as people write it: `~/.aws/config`.
        usual: &'static str,
    },
    /// A field of the credential: a secret that ends, and that a running program does not get anew.
    Secret(Field),
}

impl Way {
    /// A way without variables, by which programs that run for days go on working.
    pub(super) fn refreshing(readers: Readers) -> Self {
        Self { readers, refreshes: true, variables: Vec::new() }
    }

    /// With one more variable.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push(Variable { name: name.to_owned(), value: Value::Plain(value.into()) });
        self
    }

    /// With the place of a file or folder, which must be text.
    pub(super) fn at(mut self, name: &str, path: &Path, usual: &'static str) -> Self {
        let path = path.display().to_string();
        self.variables.push(Variable { name: name.to_owned(), value: Value::Place { path, usual } });
        self
    }

    /// With a variable for a field, if that is known before there is a credential.
    pub(super) fn with_known(self, name: &str, field: Field, context: &OutputContext) -> Self {
        match context.known(field) {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}
