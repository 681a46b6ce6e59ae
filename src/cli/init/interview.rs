//! Finding out what has to be written: what was said, what the environment says, and what only somebody at a terminal can.

use std::io::{Error, ErrorKind};

use evercred_core::Question;

use crate::cli::app::App;
use crate::cli::usage;
use crate::config;
use crate::exit::Exit;
use crate::init::{Answers, Draft, LoginDraft, Value};
use crate::registry::ProviderKind;
use crate::report::Report;

use super::dialogue::Dialogue;

/// What is known so far, and whom to ask for the rest.
pub(super) struct Interview<'a> {
    app: &'a App,
    dialogue: Dialogue,
    answers: Answers,
    /// What nobody could be asked, as `TABLE.KEY=EXAMPLE`.
    missing: Vec<String>,
}

impl<'a> Interview<'a> {
    pub(super) fn new(app: &'a App, dialogue: Dialogue, answers: Answers) -> Self {
        Self { app, dialogue, answers, missing: Vec::new() }
    }

    /// Everything that is known and said.
    pub(super) fn draft(&mut self, providers: &[String]) -> Result<Draft, Box<Report>> {
        let kinds = self.kinds(providers)?;
        let found = self.source();
        let logins = kinds.iter().map(|kind| self.login(kind)).collect();
        if !self.missing.is_empty() {
            return Err(missing(&self.missing).into());
        }
        let source = owned(self.answers.table("source"));
        Ok(Draft { source, found, logins })
    }

    /// The providers that were named, or said something of, or of which everything is known; or else one that is chosen.
    fn kinds(&mut self, named: &[String]) -> Result<Vec<ProviderKind>, Box<Report>> {
        let known: Vec<&'static str> =
            self.app.registry.providers.iter().map(|kind| kind.kind.name).collect();
        let all = self.app.registry.providers.clone();
        let said: Vec<String> =
            self.answers.tables().filter(|table| *table != "source").map(str::to_owned).collect();
        if let Some(wrong) = named.iter().chain(&said).find(|name| !known.contains(&name.as_str())) {
            let message = format!("there is no provider {wrong:?}; there are {}", known.join(", "));
            return Err(usage(&message).into());
        }
        let is_named = |kind: &ProviderKind| named.iter().chain(&said).any(|name| name == kind.kind.name);
        let mut kinds: Vec<_> = all.iter().copied().filter(is_named).collect();
        if kinds.is_empty() {
            kinds = all.iter().copied().filter(|kind| self.is_known(kind)).collect();
        }
        if kinds.is_empty() {
            let chosen = self.dialogue.choose("Where to log in", &known);
            kinds = all.into_iter().filter(|kind| Some(kind.kind.name) == chosen).collect();
        }
        if kinds.is_empty() {
            let message =
                format!("it is not known where to log in; name one or more of {}", known.join(", "));
            return Err(usage(&message).into());
        }
        Ok(kinds)
    }

    /// Whether the environment says everything that is required.
    fn is_known(&self, kind: &ProviderKind) -> bool {
        let environment = &self.app.machine.build.surroundings.environment;
        let mut required = kind.questions.iter().filter(|question| question.required).peekable();
        required.peek().is_some()
            && required.all(|question| self.answers.of(kind.kind.name, question, environment).is_some())
    }

    fn login(&mut self, kind: &ProviderKind) -> LoginDraft {
        let (name, environment) = (kind.kind.name, &self.app.machine.build.surroundings.environment);
        let mut asked = Vec::new();
        for question in kind.questions {
            let answer = self.answers.of(name, question, environment).or_else(|| self.dialogue.ask(question));
            if answer.is_none() && question.required {
                self.missing.push(format!("{name}.{}={}", question.key, question.example));
            }
            asked.push((question, answer));
        }
        let is_asked = |key: &str| kind.questions.iter().any(|question| question.key == key);
        let mut more = owned(self.answers.table(name));
        more.retain(|(key, _)| !is_asked(key));
        LoginDraft { kind: name, asked, more, outputs: None }
    }

    /// Where `auto` gets ID tokens from; where it does not, somebody has to say.
    fn source(&mut self) -> Option<String> {
        if self.answers.table("source").next().is_some() {
            return None;
        }
        if let Ok(source) = config::default_source(&self.app.registry, &self.app.machine) {
            return Some(source.describe());
        }
        if !self.dialogue.is_open() {
            self.missing.extend(["source.type=file", "source.path=/path/of/the/token"].map(str::to_owned));
            return None;
        }
        let path = self.dialogue.ask(&TOKEN_FILE)?;
        self.answers.insert("source", "type", Value::written("file"));
        self.answers.insert("source", "path", path);
        None
    }
}

const TOKEN_FILE: Question = Question {
    key: "path",
    meaning: "No platform was recognised here. The file that somebody keeps an ID token in",
    example: "/var/run/secrets/tokens/cloud",
    variables: &[],
    required: true,
};

fn owned<'v>(table: impl Iterator<Item = (&'v str, &'v Value)>) -> Vec<(String, Value)> {
    table.map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

fn missing(keys: &[String]) -> Report {
    let names: Vec<_> = keys.iter().filter_map(|key| key.split('=').next()).collect();
    let error = Error::new(ErrorKind::NotFound, format!("nobody said {}", names.join(", ")));
    let set = keys.iter().map(|key| format!("--set {key}")).collect::<Vec<_>>().join(" ");
    Report::new(&error, Some(format!("Add {set}, or run it on a terminal.")), Exit::Usage)
}
