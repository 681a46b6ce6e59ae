//! The table `[environment]`: a file of variables, which follow from the logins.

use std::ops::Range;
use std::sync::Arc;

use toml::de::DeTable;

use super::Resolver;
use crate::config::kind::Kind;
use crate::config::problem::Problem;
use crate::config::tree;
use crate::login::{Login, LoginId};
use crate::variables::{self, Variables, VariablesFile, file};

pub(super) const ENVIRONMENT: Kind<file::Settings, file::Place> = Kind::of::<file::Config>("environment");

impl Resolver<'_> {
    /// The file, once all logins are there.
    pub(super) fn variables_file(&mut self, root: &DeTable<'_>) {
        let place = file::Place {
            environment: self.environment().clone(),
            state_folder: self.machine.paths.state_folder.clone(),
        };
        let Some(settings) = self.service(root, &ENVIRONMENT, &place) else { return };
        let Some(section) = root.get(ENVIRONMENT.name).and_then(tree::as_section) else { return };
        let span = tree::value_span(section.get_ref(), "logins").unwrap_or_else(|| section.span());
        // Of logins with mistakes, more need not be said.
        if self.problems.is_empty() {
            let file = self.file_of(&settings, &span);
            self.variables_file = self.take(file.map_err(|problem| vec![problem]));
        }
    }

    fn file_of(&self, settings: &file::Settings, span: &Range<usize>) -> Result<VariablesFile, Problem> {
        let problem = |message: String, hint: &str| Problem::new(span.clone(), message).hint(hint.to_owned());
        let mut variables = Variables::default();
        for login in self.logins_for(settings, span)? {
            let ways = variables::ways(&login);
            if ways.is_empty() {
                let message =
                    format!("no output of {} can be found by variables without a secret in them", login.id);
                return Err(problem(message, "Add one that can, or leave the login out of `logins`."));
            }
            for way in ways {
                let added = variables.add(&login, &way, self.environment(), None);
                added.map_err(|clash| problem(clash.to_string(), "Leave one of the two out of `logins`."))?;
            }
        }
        VariablesFile::new(&settings.path, &variables, self.text.file)
            .map_err(|error| problem(error.to_string(), "Give the file another extension."))
    }

    fn logins_for(&self, settings: &file::Settings, span: &Range<usize>) -> Result<Vec<Arc<Login>>, Problem> {
        let own = || self.logins.iter().filter(|login| login.lender().is_none());
        let Some(names) = &settings.logins else {
            let defaults: Vec<_> = own().filter(|login| login.id.name() == "default").cloned().collect();
            let none = || {
                Problem::new(span.clone(), "no login is named `default`")
                    .hint("Add `logins`, with the logins that programs are to find.".to_owned())
            };
            return if defaults.is_empty() { Err(none()) } else { Ok(defaults) };
        };
        let find = |name: &LoginId| {
            own().find(|login| login.id == *name).cloned().ok_or_else(|| {
                let known: Vec<_> = own().map(|login| login.id.to_string()).collect();
                Problem::new(span.clone(), format!("there is no login {name}"))
                    .hint(format!("The config has {}.", known.join(", ")))
            })
        };
        names.iter().map(find).collect()
    }
}
