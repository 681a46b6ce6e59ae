//! What is wrong with a config, and where.
//!
//! The parts of the loader speak of byte ranges ([`Problem`]); only here do they become lines and columns
//! ([`Located`]), so that no other module counts either.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// One mistake, by its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The bytes at fault.
    pub span: Range<usize>,
    /// What is wrong: a fragment without a period.
    pub message: String,
    /// What would be right: a full sentence.
    pub hint: Option<String>,
    /// Something is not there: in a text with broken syntax, that may be a mere consequence.
    pub absence: bool,
}

impl Problem {
    /// A mistake without a remedy yet.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None, absence: false }
    }

    /// Something that is not there.
    pub fn absent(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { absence: true, ..Self::new(span, message) }
    }

    /// Adds the remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// One mistake, as it is shown. The names are stable: they are the JSON form too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Located {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// How many characters of that line are at fault; at least 1.
    pub length: usize,
    /// The whole line, without its end.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Everything that is wrong with one config file, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file.
    pub file: PathBuf,
    /// At least one.
    pub list: Vec<Located>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match self.list.len() {
            1 => write!(f, "the config {file} has a mistake"),
            count => write!(f, "the config {file} has {count} mistakes"),
        }
    }
}

impl std::error::Error for Problems {}

/// The text of a config file, for turning byte ranges into lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'t> {
    pub(crate) file: &'t Path,
    pub(crate) text: &'t str,
}

impl Text<'_> {
    /// The problems in the order of their places, each once.
    pub(crate) fn locate(self, mut problems: Vec<Problem>) -> Problems {
        problems.sort_by_key(|problem| (problem.span.start, problem.span.end));
        problems.dedup();
        let list = problems.into_iter().map(|problem| self.place(problem)).collect();
        Problems { file: self.file.to_owned(), list }
    }

    /// The number of the line that `span` begins on.
    pub(crate) fn line(self, span: &Range<usize>) -> usize {
        1 + self.text[..self.boundary(span.start)].matches('\n').count()
    }

    fn place(self, problem: Problem) -> Located {
        let start = self.boundary(problem.span.start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |end| end + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let line_end = line_start + line.len();
        let end = self.boundary(problem.span.end).clamp(start, line_end.max(start));
        Located {
            line: self.line(&problem.span),
            column: 1 + self.text[line_start..start].chars().count(),
            length: self.text[start..end].chars().count().max(1),
            text: line.to_owned(),
            message: problem.message,
            hint: problem.hint,
        }
    }

    /// The parser may point behind the end of the text, or into a character.
    fn boundary(self, index: usize) -> usize {
        self.text.floor_char_boundary(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> (usize, usize, usize, String) {
        let located = Text { file: Path::new("c"), text }.place(Problem::new(span, "wrong"));
        (located.line, located.column, located.length, located.text)
    }

    #[test]
    fn columns_are_counted_in_characters() {
        assert_eq!(place("a = 1\nä = \"öx\"\n", 14..15), (2, 7, 1, "ä = \"öx\"".to_owned()));
    }

    #[test]
    fn a_range_over_several_lines_is_shown_on_its_first() {
        assert_eq!(place("a = [\n1,\n2]", 4..11), (1, 5, 1, "a = [".to_owned()));
    }

    #[test]
    fn the_end_of_the_text_has_a_place_too() {
        assert_eq!(place("a = ", 4..4), (1, 5, 1, "a = ".to_owned()));
        assert_eq!(place("", 9..12), (1, 1, 1, String::new()));
        assert_eq!(place("a = 1\r\n", 5..6), (1, 6, 1, "a = 1".to_owned()));
    }
}
