//! One word of config, such as `aws` or `token-file`: its name, its keys, and how to build the thing it names.

use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use evercred_core::{BuildError, Configured};
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::{Deserializer, Error};

use super::problem::Problem;
use super::schema::Schemas;
use super::tree::{self, Section, Step};
use super::{keys, nearest, schema};

/// A kind of provider, token source or output. Registering one is one line: `Kind::of::<its::Config>("name")`.
pub struct Kind<Built, Context> {
    /// The word.
    pub name: &'static str,
    schema: fn(&Schemas) -> Rc<Value>,
    check: fn(&Schemas, &Section<'_>, &[&str]) -> Vec<Problem>,
    build: Build<Built, Context>,
}

type Build<Built, Context> = fn(&Schemas, &Section<'_>, &[&str], &Context) -> Result<Built, Vec<Problem>>;

impl<Built, Context> Kind<Built, Context> {
    /// The kind that `Config` describes.
    pub const fn of<Config: Configured<Context, Built = Built>>(name: &'static str) -> Self {
        Self {
            name,
            schema: Schemas::of::<Config>,
            check: |schemas, section, beside| Trial::<Config>::new(schemas, section, beside).problems,
            build: build::<Config, Context>,
        }
    }

    /// The JSON schema of its table: self-contained, and an object.
    pub(crate) fn schema(&self, schemas: &Schemas) -> Rc<Value> {
        (self.schema)(schemas)
    }

    /// Everything wrong with the keys and values of `section`, as far as can be told without building. `beside`
    /// are keys of the same table that others read.
    pub(crate) fn check(&self, schemas: &Schemas, section: &Section<'_>, beside: &[&str]) -> Vec<Problem> {
        (self.check)(schemas, section, beside)
    }

    /// Builds what `section` describes, or says everything that is wrong with it.
    pub(crate) fn build(
        &self,
        schemas: &Schemas,
        section: &Section<'_>,
        beside: &[&str],
        context: &Context,
    ) -> Result<Built, Vec<Problem>> {
        (self.build)(schemas, section, beside, context)
    }
}

impl<Built, Context> Clone for Kind<Built, Context> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Built, Context> Copy for Kind<Built, Context> {}

impl<Built, Context> fmt::Debug for Kind<Built, Context> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kind").field(&self.name).finish()
    }
}

/// Reads a table with serde until nothing is wrong with what is left of it: serde stops at the first mistake, so
/// each is noted, its key taken out of the table, and the rest tried again.
struct Trial<'t, Config> {
    schema: Rc<Value>,
    section: Section<'t>,
    problems: Vec<Problem>,
    config: Option<Config>,
}

impl<'t, Config: DeserializeOwned + schemars::JsonSchema + 'static> Trial<'t, Config> {
    fn new(schemas: &Schemas, section: &Section<'t>, beside: &[&str]) -> Self {
        let schema = schemas.of::<Config>();
        let problems = keys::check(&schema, section, beside);
        let mut trial = Self { schema, section: section.clone(), problems, config: None };
        trial.read();
        trial
    }

    /// Ends, because each round but the last removes something.
    fn read(&mut self) {
        loop {
            match Config::deserialize(Deserializer::from(self.section.clone())) {
                Ok(config) => {
                    self.config = Some(config);
                    return;
                }
                Err(error) => {
                    self.config = None;
                    let place = error.span().unwrap_or_else(|| self.section.span());
                    let path = tree::path_to(self.section.get_ref(), &place);
                    self.note(&error, place, path.as_deref().unwrap_or_default());
                    let Some(path) = path else { return };
                    tree::remove(self.section.get_mut(), &path);
                }
            }
        }
    }

    fn note(&mut self, error: &Error, place: Range<usize>, path: &[Step]) {
        // The key is one that was found to be missing before, or one that was taken out for its bad value.
        let consequence = error.message().starts_with("missing field") && !self.problems.is_empty();
        if !consequence && self.problems.iter().all(|known| known.span != place) {
            let mut problem = describe(error, place);
            if problem.hint.is_none() {
                problem.hint = schema::at(&self.schema, path).and_then(schema::advice);
            }
            self.problems.push(problem);
        }
    }

    /// Builds; on a mistake in one key's value, tries once more without it, for the sake of further mistakes.
    fn build<Context>(mut self, context: &Context) -> Result<Config::Built, Vec<Problem>>
    where
        Config: Configured<Context>,
    {
        while let Some(config) = self.config.take() {
            match config.build(context) {
                Ok(built) if self.problems.is_empty() => return Ok(built),
                Ok(_) => break,
                Err(error) => self.note_build(error),
            }
        }
        Err(self.problems)
    }

    /// A complaint about a key that is not there may be only the consequence of its having been taken out.
    fn note_build(&mut self, error: BuildError) {
        let place = error.key.and_then(|key| tree::value_span(self.section.get_ref(), key));
        if place.is_none() && !self.problems.is_empty() {
            return;
        }
        let span = place.clone().unwrap_or_else(|| self.section.span());
        // What is wrong inside of a value was taken out of it, so what is wrong with the rest may come from that.
        let inside = |known: &Problem| span.start < known.span.start && known.span.end <= span.end;
        if place.is_none() || !self.problems.iter().any(inside) {
            self.problems.push(Problem::new(span, error.message).hint(error.hint));
        }
        if let (Some(key), Some(_)) = (error.key, place) {
            self.section.get_mut().remove(key);
            self.read();
        }
    }
}

fn build<Config: Configured<Context>, Context>(
    schemas: &Schemas,
    section: &Section<'_>,
    beside: &[&str],
    context: &Context,
) -> Result<Config::Built, Vec<Problem>> {
    Trial::<Config>::new(schemas, section, beside).build(context)
}

/// Types say what is wrong as "…; write it like …", and the second half is the hint. Of a word that is not known,
/// serde puts what it got, and then what it would have taken, between backticks.
fn describe(error: &Error, place: Range<usize>) -> Problem {
    let message = error.message().trim_end().trim_end_matches('.');
    if let Some((wrong, right)) = message.split_once("; write ") {
        return Problem::new(place, wrong).hint(format!("Write {right}."));
    }
    let problem = Problem::new(place, message);
    if !message.starts_with("unknown ") {
        return problem;
    }
    let words: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    match words.split_first() {
        Some((got, candidates)) => problem.hint(nearest::suggest(got, candidates)),
        None => problem,
    }
}
