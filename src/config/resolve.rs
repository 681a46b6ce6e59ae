//! From the text of a config to logins that are built, or to everything that is wrong with it.
//!
//! Nothing here can be seen from outside: no file is touched, no token minted. So a config is resolved completely
//! before anything that runs is stopped, and `config check` is the same code as the daemon's.

mod conflicts;
mod environment;
mod login;
mod secrets;
mod select;
mod services;
mod sources;
mod warnings;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::Environment;
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use self::conflicts::Claim;
pub use self::services::Services;
pub(super) use self::services::schemas as service_schemas;
use self::sources::Sources;
use super::load::Machine;
use super::nearest;
use super::problem::{Located, Problem, Problems, Text};
use super::schema::Schemas;
use super::tree::{self, Section};
use crate::login::Login;
use crate::registry::{ProviderKind, Registry};
use crate::sources::TokenSource;
use crate::variables::VariablesFile;

/// A config, resolved.
#[derive(Debug)]
pub struct Resolved {
    /// The file it was read from, absolute.
    pub file: PathBuf,
    /// The logins, by name, each with its secrets after it. There is at least one.
    pub logins: Vec<Arc<Login>>,
    /// The files that templates are in: parts of the config.
    pub templates: Vec<PathBuf>,
    /// The token sources by their names; the one of logins that name none is under `None`, if there are such logins.
    pub sources: BTreeMap<Option<String>, Arc<dyn TokenSource>>,
    /// What evercred does beside keeping logins fresh.
    pub services: Services,
    /// What cannot be meant, although the config counts.
    pub warnings: Vec<Located>,
    /// The file of variables for shells, if there is to be one.
    pub variables_file: Option<VariablesFile>,
    /// The config as it counts: complete, with its defaults, as a config that means the same. Without secrets.
    pub shown: Value,
}

impl Resolved {
    /// [`Self::shown`] as TOML.
    pub fn to_toml(&self) -> String {
        toml::to_string(&self.shown).unwrap_or_default()
    }
}

/// Resolves `text`, which was read from `file` (an absolute path).
pub fn resolve(
    file: &Path,
    text: &str,
    registry: &Registry,
    machine: &Machine,
) -> Result<Resolved, Problems> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let text = Text { file, text };
    let syntax: Vec<_> = errors.iter().map(|error| syntax_problem(error, text)).collect();
    let syntax = without_echoes(text, syntax);
    let mut resolver = Resolver::new(text, registry, machine);
    resolver.root(&root);
    let problems = with_syntax(text, syntax, resolver.problems);
    if problems.is_empty() {
        let sources = resolver.sources.into_iter().filter_map(|(name, source)| Some((name, source?.built)));
        let (file, sources, warnings) =
            (file.to_owned(), sources.collect(), text.locate(resolver.warnings).list);
        let Resolver { logins, templates, services, variables_file, shown, .. } = resolver;
        Ok(Resolved { file, logins, templates, sources, services, warnings, variables_file, shown })
    } else {
        Err(text.locate(problems))
    }
}

/// The token source of a machine without a config.
pub fn default_source(registry: &Registry, machine: &Machine) -> Result<Arc<dyn TokenSource>, Problems> {
    let text = Text { file: Path::new("no config"), text: "" };
    let mut resolver = Resolver::new(text, registry, machine);
    resolver.source_of(None, 0..0).map(|source| source.built).ok_or_else(|| text.locate(resolver.problems))
}

/// What is being resolved, and what was found so far.
struct Resolver<'r> {
    text: Text<'r>,
    registry: &'r Registry,
    machine: &'r Machine,
    schemas: Schemas,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    sources: Sources,
    claims: Vec<Claim>,
    logins: Vec<Arc<Login>>,
    templates: Vec<PathBuf>,
    services: Services,
    variables_file: Option<VariablesFile>,
    shown: Value,
}

impl<'r> Resolver<'r> {
    fn new(text: Text<'r>, registry: &'r Registry, machine: &'r Machine) -> Self {
        Self {
            text,
            registry,
            machine,
            schemas: Schemas::default(),
            problems: Vec::new(),
            warnings: Vec::new(),
            sources: Sources::default(),
            claims: Vec::new(),
            logins: Vec::new(),
            services: Services::default(),
            variables_file: None,
            templates: Vec::new(),
            shown: json!({}),
        }
    }

    fn environment(&self) -> &'r Environment {
        &self.machine.build.surroundings.environment
    }

    fn root(&mut self, root: &Section<'_>) {
        let mut any = self.unknown_tables(root.get_ref());
        self.sources(root.get_ref());
        self.services(root.get_ref());
        let registry = self.registry;
        for provider in &registry.providers {
            if let Some((key, value)) = root.get_ref().get_key_value(provider.kind.name) {
                any |= self.provider(provider, key, value);
            }
        }
        if !any {
            self.problems.push(no_login(registry));
        }
        self.variables_file(root.get_ref());
    }

    /// Says whether there was one: it was probably meant to hold a login.
    fn unknown_tables(&mut self, root: &DeTable<'_>) -> bool {
        let mut known = vec!["source", "sources"];
        known.extend(services::TABLES);
        known.extend(self.registry.providers.iter().map(|provider| provider.kind.name));
        let unknown = root.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        let problems: Vec<_> = unknown
            .map(|key| {
                Problem::new(key.span(), format!("there is no table `{}`", key.get_ref()))
                    .hint(nearest::suggest(key.get_ref(), &known))
            })
            .collect();
        let any = !problems.is_empty();
        self.problems.extend(problems);
        // Whoever misspelt `source` does not mean the default one: that it is not to be had here is no mistake more.
        if root.keys().any(|key| nearest::nearest(key.get_ref(), &known) == Some("source")) {
            self.sources.insert(None, None);
        }
        any
    }

    /// All logins of one provider; says whether there was one, good or bad.
    fn provider(
        &mut self,
        provider: &ProviderKind,
        key: &Spanned<Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> bool {
        let name = provider.kind.name;
        let Some(table) = value.get_ref().as_table() else {
            let message = format!("`{name}` must hold logins, each a table");
            self.problems.push(Problem::new(key.span(), message).hint(format!("Write [{name}.default].")));
            return true;
        };
        let mut outside = Vec::new();
        for (key, value) in table {
            match tree::as_section(value) {
                Some(section) => self.login(provider, key, &section),
                None => outside.push(key),
            }
        }
        if let Some(first) = outside.iter().min_by_key(|key| key.span().start) {
            let message = format!("the key `{}` belongs to no login", first.get_ref());
            let hint = format!("Write [{name}.default] instead of [{name}]; `default` may be any name.");
            self.problems.push(Problem::new(first.span(), message).hint(hint));
        }
        !table.is_empty()
    }

    /// The value, or its problems noted.
    fn take<T>(&mut self, result: Result<T, Vec<Problem>>) -> Option<T> {
        result.map_err(|problems| self.problems.extend(problems)).ok()
    }

    /// Puts `value` at `path` into what is shown.
    fn show(&mut self, path: &[&str], value: Value) {
        let place = path.iter().fold(&mut self.shown, |place, key| {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            &mut place[*key]
        });
        *place = value;
    }
}

/// Names go into file names and INI sections.
fn check_name(key: &Spanned<Cow<'_, str>>) -> Option<Problem> {
    let message = crate::login::check_name(key.get_ref()).err()?;
    let hint = "A name has up to 64 letters, digits, `_`, `.` and `-`, and does not begin with a dot.";
    Some(Problem::new(key.span(), message).hint(hint.to_owned()))
}

fn no_login(registry: &Registry) -> Problem {
    let example = registry.providers.first().map_or("aws", |provider| provider.kind.name);
    // A half-written file looks like this, too: for a running daemon, it must not mean "stop everything".
    Problem::absent(0..0, "there is no login").hint(format!("Add a table such as [{example}.default]."))
}

/// The parser's words for a key or a table that stands twice.
const DUPLICATE: &str = "duplicate key";

fn syntax_problem(error: &toml::de::Error, text: Text<'_>) -> Problem {
    let end = text.text.trim_end().len();
    let message = error.message().trim_end();
    let problem = Problem::new(error.span().unwrap_or(end..end), message);
    if message == DUPLICATE {
        return problem.hint("Each key and each table may stand only once; merge the two.".to_owned());
    }
    problem.hint("This line is not TOML; strings need quotes, tables brackets (https://toml.io).".to_owned())
}

/// A table that stands twice is one mistake, although each of its keys then stands twice, too.
fn without_echoes(text: Text<'_>, problems: Vec<Problem>) -> Vec<Problem> {
    let start = |at: usize| text.text.floor_char_boundary(at);
    let header = |at: usize| text.text[..start(at)].rfind("\n[").map(|end| text.line(&(end + 1..end + 1)));
    let lines: Vec<_> = problems.iter().map(|problem| text.line(&problem.span)).collect();
    let echo = |problem: &Problem| {
        let header = header(problem.span.start);
        problem.message == DUPLICATE
            && header != Some(text.line(&problem.span))
            && header.is_some_and(|line| lines.contains(&line))
    };
    problems.into_iter().filter(|problem| !echo(problem)).collect()
}

/// With broken syntax, what else seems to be wrong may be a consequence of it: then only what is present, and on
/// another line, counts.
fn with_syntax(text: Text<'_>, syntax: Vec<Problem>, mut others: Vec<Problem>) -> Vec<Problem> {
    if syntax.is_empty() {
        return others;
    }
    let broken: Vec<_> = syntax.iter().map(|problem| text.line(&problem.span)).collect();
    others.retain(|problem| !problem.absence && !broken.contains(&text.line(&problem.span)));
    others.extend(syntax);
    others
}
