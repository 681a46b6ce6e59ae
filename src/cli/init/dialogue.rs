//! Questions on a terminal: on standard error, so that standard output stays what was asked for.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use evercred_core::Question;

use crate::init::Value;

/// Somebody to ask, if there is anybody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialogue {
    is_open: bool,
}

impl Dialogue {
    /// With whoever sits at the terminal, unless they do not want to be asked.
    pub(super) fn new(wanted: bool) -> Self {
        let is_open = wanted && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Self { is_open }
    }

    pub(super) fn is_open(self) -> bool {
        self.is_open
    }

    /// The answer to `question`; none, if there is nobody, or if none was given to what is not required.
    pub(super) fn ask(self, question: &Question) -> Option<Value> {
        let rest = if question.required { "" } else { "; empty to leave it out" };
        let prompt = format!("{} (such as {}{rest})", question.meaning, question.example);
        let answer = self.line(&prompt, |answer| {
            (question.required && answer.is_empty()).then(|| "There is no login without it.".to_owned())
        })?;
        (!answer.is_empty()).then(|| Value::written(&answer))
    }

    /// One of `choices`.
    pub(super) fn choose<'c>(self, what: &str, choices: &[&'c str]) -> Option<&'c str> {
        let prompt = format!("{what} ({})", choices.join(", "));
        let is_wrong = |answer: &str| !choices.contains(&answer);
        let answer = self.line(&prompt, |answer| {
            is_wrong(answer).then(|| format!("It must be one of {}.", choices.join(", ")))
        })?;
        choices.iter().copied().find(|choice| *choice == answer)
    }

    /// A line, asked for until nothing is `wrong` with it; none at the end of the input.
    fn line(self, prompt: &str, wrong: impl Fn(&str) -> Option<String>) -> Option<String> {
        if !self.is_open {
            return None;
        }
        let mut stderr = std::io::stderr();
        loop {
            let _ = write!(stderr, "{prompt}: ").and_then(|()| stderr.flush());
            let mut line = String::new();
            match std::io::stdin().lock().read_line(&mut line) {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
            let answer = line.trim().to_owned();
            match wrong(&answer) {
                Some(sentence) => drop(writeln!(stderr, "{sentence}")),
                None => return Some(answer),
            }
        }
    }
}
