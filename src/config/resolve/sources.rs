//! `[source]` and `[sources.NAME]`: each is built once and shared by the logins that use it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::select::{TYPE, select};
use super::{Resolver, check_name};
use crate::config::problem::Problem;
use crate::config::{DEFAULT_SOURCE, nearest, show, tree};
use crate::sources::TokenSource;

/// A token source, built.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) built: Arc<dyn TokenSource>,
    /// Its table with all defaults: part of the fingerprint of every login that uses it.
    pub(super) table: Value,
}

/// The token sources by their names, the default one under none; the value `None` is one with mistakes, which are
/// noted.
pub(super) type Sources = BTreeMap<Option<String>, Option<Source>>;

impl Resolver<'_> {
    pub(super) fn sources(&mut self, root: &DeTable<'_>) {
        if let Some(value) = root.get("source") {
            let source = self.source(value, Some(DEFAULT_SOURCE), &["source"]);
            self.sources.insert(None, source);
        }
        let Some(value) = root.get("sources") else { return };
        let Some(table) = value.get_ref().as_table() else {
            let problem = Problem::new(value.span(), "`sources` must hold token sources, each a table");
            self.problems.push(problem.hint("Write [sources.NAME] and a `type`.".to_owned()));
            return;
        };
        for (key, value) in table {
            self.problems.extend(check_name(key));
            let source = self.source(value, None, &["sources", key.get_ref()]);
            self.sources.insert(Some(key.get_ref().to_string()), source);
        }
    }

    /// The source that a login asked for at `place`, by name or as the default; that is made up if the config has
    /// none.
    pub(super) fn source_of(&mut self, name: Option<&str>, place: Range<usize>) -> Option<Source> {
        if let Some(known) = self.sources.get(&name.map(str::to_owned)) {
            return known.clone();
        }
        if let Some(name) = name {
            let problem = self.no_source(name, place);
            self.problems.push(problem);
            return None;
        }
        let default = Spanned::new(place, DeValue::String(DeString::Borrowed(DEFAULT_SOURCE)));
        let source = self.source(&default, None, &["source"]);
        self.sources.insert(None, source.clone());
        source
    }

    fn no_source(&self, name: &str, place: Range<usize>) -> Problem {
        let is_type = self.registry.sources.iter().any(|kind| kind.name == name);
        let names: Vec<_> = self.sources.keys().filter_map(Option::as_deref).collect();
        let hint = if is_type || names.is_empty() {
            let kind = if is_type { name } else { "file" };
            Some(format!("Add a table [sources.{name}] with type = {kind:?}."))
        } else {
            nearest::suggest(name, &names)
        };
        Problem::new(place, format!("there is no token source named `{name}`")).hint(hint)
    }

    fn source(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        default: Option<&str>,
        path: &[&str],
    ) -> Option<Source> {
        let selected = select(&self.registry.sources, value, default).map_err(|problem| vec![problem]);
        let (kind, section) = self.take(selected)?;
        let built = self.take(kind.build(&self.schemas, &section, &[TYPE], &self.machine.build))?;
        let schema = kind.schema(&self.schemas);
        let mut table = tree::to_json(&section);
        show::fill(&schema, &mut table);
        table[TYPE] = json!(kind.name);
        let mut shown = table.clone();
        show::mask(&schema, &mut shown);
        self.show(path, shown);
        Some(Source { built, table })
    }
}
