//! Which lines of a shared file are ours, and which only wear our prefix.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ini, Part, key_name};
use crate::outputs::ini::Line;

/// In our comment: we made the section.
pub(super) const THIS_SECTION: &str = "this section";

/// What of a file is ours. Lines are given by index.
#[derive(Default)]
pub(super) struct Claim {
    /// Our comments and our keys.
    pub(super) lines: BTreeSet<usize>,
    /// The header of a section that we made and nobody else uses.
    pub(super) unused_header: Option<usize>,
    /// The user's lines that we set aside.
    pub(super) aside: BTreeMap<usize, Aside>,
}

/// What becomes of a line that was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aside {
    /// It becomes a key again.
    Restore,
    /// Somebody has set this key anew since, and a key that comes twice would break the file for botocore: it
    /// stays a comment, an ordinary one.
    Superseded,
}

impl Claim {
    pub(super) fn of(part: &Part, ini: &Ini<'_>) -> Self {
        let mut claim = Self::default();
        for section in ini.sections(|title| part.is_here(title)) {
            claim.claim_section(part, ini, section);
        }
        claim
    }

    fn claim_section(&mut self, part: &Part, ini: &Ini<'_>, section: usize) {
        let lines: Vec<(usize, &Line<'_>)> =
            ini.lines.iter().enumerate().filter(|(_, line)| line.section == section).collect();
        let mut names = Vec::new();
        for (index, line) in &lines {
            if let Some(listed) = names_in_comment(part, line) {
                self.lines.insert(*index);
                names.extend(listed);
            }
        }
        for (index, line) in &lines {
            if line.key().is_some_and(|key| names.contains(&key)) || is_recognised(part, line) {
                self.lines.insert(*index);
            }
        }
        self.claim_aside(part, &lines);
        let used = |(index, line): &&(usize, &Line<'_>)| {
            (line.is_content() && !self.lines.contains(index)) || self.aside.contains_key(index)
        };
        if names.contains(&THIS_SECTION) && lines.iter().filter(used).count() == 1 {
            self.unused_header = lines.first().map(|(header, _)| *header);
        }
    }

    fn claim_aside(&mut self, part: &Part, lines: &[(usize, &Line<'_>)]) {
        let prefix = part.aside_prefix();
        let theirs = |(index, _): &&(usize, &Line<'_>)| !self.lines.contains(index);
        let live: Vec<&str> = lines.iter().filter(theirs).filter_map(|(_, line)| line.key()).collect();
        let mut fate = Aside::Restore;
        for (index, line) in lines {
            let Some(original) = line.bytes.strip_prefix(prefix.as_bytes()) else { continue };
            // A line that only continues the one above shares its fate.
            let continues = original.first().is_some_and(u8::is_ascii_whitespace) && !self.aside.is_empty();
            if !continues {
                let superseded = key_name(original).is_some_and(|key| live.contains(&key.as_str()));
                fate = if superseded { Aside::Superseded } else { Aside::Restore };
            }
            self.aside.insert(*index, fate);
        }
    }
}

/// What our comment says is ours, if the line is our comment.
fn names_in_comment<'a>(part: &Part, line: &Line<'a>) -> Option<Vec<&'a str>> {
    let list = line.bytes.trim_ascii_start().strip_prefix(part.comment_prefix().as_bytes())?;
    let end = list.iter().position(|byte| *byte == b';').unwrap_or(list.len());
    let list = std::str::from_utf8(&list[..end]).unwrap_or_default();
    Some(list.split(',').map(str::trim).collect())
}

fn is_recognised(part: &Part, line: &Line<'_>) -> bool {
    let Some(name) = line.key() else { return false };
    let value =
        line.bytes.iter().position(|byte| matches!(byte, b'=' | b':')).map(|at| &line.bytes[at + 1..]);
    part.recognised
        .iter()
        .any(|(key, ours)| *key == name && value.map(<[u8]>::trim_ascii) == Some(ours.as_bytes()))
}
