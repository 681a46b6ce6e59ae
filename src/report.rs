//! An error shown: its sentence, its causes, what would help, and for a config each mistake with its line.
//!
//! A report is plain data first, so that a terminal and a program (`--output json`) get the same. What it quotes
//! from others may hold control characters; on a terminal they could be commands, so they are shown as `�`.

mod wrap;

use std::error::Error;
use std::fmt::{self, Write};
use std::io::{self, IsTerminal};
use std::path::Path;

use evercred_core::{Environment, Failure, mask_passwords, redact};
use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, Located, Problems, Resolved};
use crate::engine::attempt_error::{AttemptError, causes};
use crate::engine::sent::Sent;
use crate::exit::Exit;
use crate::login::LoginId;

pub use wrap::wrapped;

/// What is told about an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What failed, in one sentence without a period.
    pub error: String,
    /// The causes behind it, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// The config file that `mistakes` speak of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The mistakes in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mistakes: Vec<Located>,
    /// What it most likely means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ID token that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// What would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What would let the token in, to be taken over as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
    /// The exit code that goes with it.
    pub exit_code: u8,
}

/// Whether a report is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Bare text.
    Never,
    /// With ANSI escapes (ECMA-48 SGR).
    Always,
}

impl Report {
    /// A report of any error, with its chain of causes.
    pub fn new(error: &(dyn Error + 'static), hint: Option<String>, exit: Exit) -> Self {
        let (causes, error) = (causes(error), redact(&error.to_string()));
        let mistakes = Vec::new();
        Self {
            error,
            causes,
            file: None,
            mistakes,
            reason: None,
            sent: None,
            hint,
            cure: None,
            exit_code: exit.code(),
        }
    }

    /// There is no login of that name; these are the ones there are.
    pub fn no_login(name: &LoginId, known: impl IntoIterator<Item = String>) -> Self {
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        let error = io::Error::new(io::ErrorKind::NotFound, format!("there is no login {name}"));
        Self::new(&error, Some(format!("The config has {known}.")), Exit::BadConfig)
    }

    /// What is wrong, a sentence each, with its place if it is in a config.
    pub fn problems(&self) -> Vec<String> {
        if self.mistakes.is_empty() {
            return vec![[std::slice::from_ref(&self.error), self.causes.as_slice()].concat().join(": ")];
        }
        let sentence =
            |Located { line, column, message, .. }: &Located| format!("{line}:{column}: {message}");
        self.mistakes.iter().map(sentence).collect()
    }

    /// As JSON.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// As text of one or more lines, ending with a line feed.
    pub fn to_text(&self, colour: Colour) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text, &Palette::of(colour));
        text
    }

    fn write(&self, to: &mut String, palette: &Palette) -> fmt::Result {
        let Palette { error, strong, reset, .. } = palette;
        for mistake in &self.mistakes {
            write_mistake(self.file.as_deref().unwrap_or("config"), ("", error), mistake, (to, palette))?;
        }
        writeln!(to, "{error}error:{reset} {strong}{}{reset}", printable(&self.error))?;
        for cause in &self.causes {
            writeln!(to, "  caused by: {}", printable(cause))?;
        }
        if let Some(reason) = &self.reason {
            writeln!(to, "  which means: {}", printable(reason))?;
        }
        for line in self.sent.iter().flat_map(Sent::lines) {
            writeln!(to, "  the token says: {}", wrapped(&printable(&line), "                      "))?;
        }
        write_hint(self.hint.as_deref(), "", to, palette)?;
        self.cure.iter().try_for_each(|cure| writeln!(to, "what would do:\n  {}", printable(cure)))
    }

    /// As one line for a program that shows no more of what another one says.
    pub fn to_line(&self) -> String {
        let causes = self.causes.iter().map(|cause| format!(": {cause}"));
        let reason = self.reason.iter().map(|reason| format!(" ({reason})"));
        let hint = self.hint.iter().map(|hint| format!(". {hint}"));
        let words = causes.chain(reason).chain(hint).fold(self.error.clone(), |line, word| line + &word);
        printable(&words.replace(['\n', '\r'], " "))
    }
}

impl From<&Failure> for Report {
    fn from(failure: &Failure) -> Self {
        Self {
            reason: failure.likely_reason().map(str::to_owned),
            sent: failure.claims_shown().map(Sent::of),
            cure: failure.cure().map(str::to_owned),
            ..Self::new(failure, failure.remedy().map(str::to_owned), failure.advice().into())
        }
    }
}

impl From<&AttemptError> for Report {
    fn from(error: &AttemptError) -> Self {
        let message = io::Error::other(error.message.clone());
        Self {
            causes: error.causes.to_vec(),
            reason: error.more.reason.map(str::to_owned),
            sent: error.more.sent.clone(),
            cure: error.more.cure.clone(),
            ..Self::new(&message, error.hint.as_deref().map(str::to_owned), error.advice.into())
        }
    }
}

impl From<&ConfigError> for Report {
    fn from(error: &ConfigError) -> Self {
        match error {
            ConfigError::Mistakes(problems) => Self::from(problems),
            other => Self::new(other, Some(other.remedy()), Exit::BadConfig),
        }
    }
}

impl From<&Problems> for Report {
    /// Each mistake has a hint of its own, so the whole needs none.
    fn from(problems: &Problems) -> Self {
        Self {
            file: Some(problems.file.display().to_string()),
            mistakes: problems.list.iter().cloned().map(without_passwords).collect(),
            ..Self::new(problems, None, Exit::BadConfig)
        }
    }
}

/// The line with the mistake is shown whole, and another part of it may be a proxy's password.
fn without_passwords(mistake: Located) -> Located {
    Located { text: mask_passwords(&mistake.text), message: redact(&mistake.message), ..mistake }
}

/// What is to be told of a config that counts.
pub fn warnings(resolved: &Resolved) -> Vec<Located> {
    resolved.warnings.iter().cloned().map(without_passwords).collect()
}

/// The same as text, as mistakes are shown; empty if there is nothing.
pub fn warnings_text(file: &Path, warnings: &[Located], colour: Colour) -> String {
    let (mut text, palette) = (String::new(), Palette::of(colour));
    let file = file.display().to_string();
    for warning in warnings {
        // Writing to a string does not fail.
        let _ = write_mistake(&file, ("warning: ", palette.warning), warning, (&mut text, &palette));
    }
    text
}

impl Colour {
    /// Colours for a terminal, unless `NO_COLOR` forbids them (<https://no-color.org>) or it knows none.
    pub fn of(stream: &impl IsTerminal, environment: &Environment) -> Self {
        let plain = environment.get("NO_COLOR").is_some() || environment.get("TERM") == Some("dumb");
        if stream.is_terminal() && !plain { Self::Always } else { Self::Never }
    }
}

struct Palette {
    error: &'static str,
    warning: &'static str,
    hint: &'static str,
    strong: &'static str,
    dim: &'static str,
    reset: &'static str,
}

impl Palette {
    fn of(colour: Colour) -> Self {
        match colour {
            Colour::Never => Self { error: "", warning: "", hint: "", strong: "", dim: "", reset: "" },
            Colour::Always => Self {
                error: "\x1b[1;31m",
                warning: "\x1b[1;33m",
                hint: "\x1b[1;36m",
                strong: "\x1b[1m",
                dim: "\x1b[2m",
                reset: "\x1b[0m",
            },
        }
    }
}

fn write_mistake(
    file: &str,
    (label, tone): (&str, &str),
    mistake: &Located,
    (to, palette): (&mut String, &Palette),
) -> fmt::Result {
    let Palette { strong, dim, reset, .. } = palette;
    let Located { line, column, length, text, message, hint } = mistake;
    let file = printable(file);
    writeln!(to, "{strong}{file}:{line}:{column}:{reset} {tone}{label}{reset}{}", printable(message))?;
    let margin = line.to_string().len();
    let caret = format!("{}{}", " ".repeat(column.saturating_sub(1)), "^".repeat(*length));
    writeln!(to, "{dim}{line} |{reset} {}", printable(text))?;
    writeln!(to, "{dim}{:margin$} |{reset} {tone}{caret}{reset}", "")?;
    write_hint(hint.as_deref(), &" ".repeat(margin + 3), to, palette)?;
    writeln!(to)
}

fn write_hint(hint: Option<&str>, indent: &str, to: &mut String, palette: &Palette) -> fmt::Result {
    let Some(text) = hint else { return Ok(()) };
    writeln!(to, "{indent}{}hint:{} {}", palette.hint, palette.reset, printable(text))
}

/// One character for one, so that a caret below still points at the right one.
pub fn printable(text: &str) -> String {
    let show = |c: char| match c {
        '\t' | '\n' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.chars().map(show).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use evercred_core::Advice;

    use super::*;

    fn mistakes() -> Problems {
        let located = Located {
            line: 12,
            column: 2,
            length: 3,
            text: "\trol = \"\x1b[2J\"".to_owned(),
            message: "there is no key `rol` here".to_owned(),
            hint: Some("Did you mean `role_arn`?".to_owned()),
        };
        Problems { file: PathBuf::from("/c.toml"), list: vec![located] }
    }

    #[test]
    fn a_failure_is_a_sentence_its_causes_and_a_hint() {
        let failure = Failure::new("read the token", "/t", Advice::NeedsAttention)
            .caused_by(std::io::Error::other("no such file"))
            .hint("Check `path`.");
        let report = Report::from(&failure);
        assert_eq!(
            report.to_text(Colour::Never),
            "error: failed to read the token (/t)\n  caused by: no such file\nhint: Check `path`.\n"
        );
        assert_eq!(report.exit_code, Exit::Refused.code());
    }

    #[test]
    fn a_mistake_is_shown_with_its_line_and_a_caret_and_no_control_characters() {
        insta::assert_snapshot!(Report::from(&mistakes()).to_text(Colour::Never), @r#"
        /c.toml:12:2: there is no key `rol` here
        12 |  rol = "�[2J"
           |  ^^^
             hint: Did you mean `role_arn`?

        error: the config /c.toml has a mistake
        "#);
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let report = Report::from(&mistakes());
        let coloured = report.to_text(Colour::Always);
        let mut bare = coloured.clone();
        for escape in ["\x1b[1;31m", "\x1b[1;36m", "\x1b[1m", "\x1b[2m", "\x1b[0m"] {
            bare = bare.replace(escape, "");
        }
        assert_ne!(coloured, bare);
        assert_eq!(bare, report.to_text(Colour::Never));
    }

    #[test]
    fn json_has_the_same_and_leaves_out_what_there_is_not() {
        let json = Report::from(&mistakes()).to_json();
        assert_eq!(json["mistakes"][0]["column"], 2);
        assert_eq!(json["exit_code"], 3);
        assert!(json.get("hint").is_none() && json.get("causes").is_none());
    }
}
