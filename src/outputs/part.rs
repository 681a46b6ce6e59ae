//! Our keys in one section of an INI file that belongs to the user.
//!
//! Ownership is by key. Our keys stand under a comment that names them:
//!
//! ```ini
//! [default]
//! region = eu-west-1
//! # kept fresh by evercred (aws.default): credential_process; see "evercred status"
//! credential_process = …
//! ```
//!
//! The comment says `this section` too if we made the section. What the named keys say is ours to replace, wherever
//! in the section they stand; every other byte is the user's. Keys of another credential mechanism are refused, or,
//! if the user says `force`, set aside as comments that [`Part::retract`] turns back into keys.
//!
//! Rendering *is* retracting and then inserting. So it makes no difference what other programs moved, doubled or
//! rewrote meanwhile, and what was there before us comes back to the byte, as long as `retract` undoes `insert`.
//! A last line without line ending stays one: our block then goes without too, which tells `retract` to take back
//! the line ending that had to be put before it.

mod claim;

use crate::login::LoginId;

use super::ini::{Ini, Kind, Line, key_name};
use claim::{Aside, Claim, THIS_SECTION};

/// One section of one file, for one login.
#[derive(Debug)]
pub(super) struct Part {
    /// The login's name, in every comment of ours.
    pub(super) login: String,
    /// The titles the section may have; the first is the one that we would give it.
    pub(super) titles: Vec<String>,
    /// Which keys make a section somebody else's.
    pub(super) is_foreign: fn(&str) -> bool,
    /// Whether such keys are set aside rather than refused.
    pub(super) force: bool,
    /// Lines that are ours even if the comment above them got lost: some programs drop all comments.
    pub(super) recognised: Vec<(&'static str, String)>,
}

/// A key for the section.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: &'static str,
    pub(super) value: String,
    /// Whether a key of the user's with this name is left to stand, and ours left out.
    pub(super) yields: bool,
}

/// The section is somebody else's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) title: String,
    pub(super) key: String,
}

/// A file without us.
struct Rest {
    bytes: Vec<u8>,
    /// Whether the section was made by us and nobody has used it since.
    section_is_ours: bool,
    /// How our lines ended, if there were any.
    ending: Option<&'static str>,
}

impl Part {
    /// The file with `entries` in our section.
    pub(super) fn render(&self, current: &[u8], entries: &[Entry]) -> Result<Vec<u8>, Taken> {
        let rest = self.strip(current, true);
        let ini = Ini::parse(&rest.bytes);
        let here = ini.sections(|title| self.is_here(title));
        let foreign = self.foreign_lines(&ini, &here);
        if let (Some(&line), false) = (foreign.first(), self.force) {
            let line = &ini.lines[line];
            let key = line.key().unwrap_or_default().to_owned();
            return Err(Taken { title: ini.title(line.section).to_owned(), key });
        }
        let users =
            |key: &str| ini.lines.iter().any(|line| here.contains(&line.section) && line.key() == Some(key));
        let entries: Vec<&Entry> =
            entries.iter().filter(|entry| !(entry.yields && users(entry.key))).collect();
        let comment = self.comment(&entries, rest.section_is_ours || here.is_empty());
        let keys = entries.iter().map(|entry| format!("{} = {}", entry.key, entry.value));
        let lines = std::iter::once(comment).chain(keys).collect();
        let block = Block { lines, ending: rest.ending.unwrap_or_else(|| ini.line_ending()) };
        Ok(match here.first() {
            Some(&section) => self.insert(&ini, section, block, &foreign),
            None => self.append(&rest.bytes, block),
        })
    }

    /// The file as it would be without us.
    pub(super) fn retract(&self, current: &[u8]) -> Vec<u8> {
        self.strip(current, false).bytes
    }

    /// Our comment and our keys, as they stand in the file.
    pub(super) fn own_lines(&self, current: &[u8]) -> Option<Vec<u8>> {
        let ini = Ini::parse(current);
        let claim = Claim::of(self, &ini);
        let lines: Vec<u8> = claim.lines.iter().flat_map(|line| ini.lines[*line].bytes).copied().collect();
        (!lines.is_empty()).then_some(lines)
    }

    /// Whether a section with this title is the one.
    pub(super) fn is_here(&self, title: &str) -> bool {
        // Readers split `profile NAME` like a shell does, but take every other title as it stands.
        let words = || title.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        self.titles.iter().any(|ours| ours == title || (title.starts_with("profile") && *ours == words()))
    }

    fn foreign_lines(&self, ini: &Ini<'_>, here: &[usize]) -> Vec<usize> {
        let mut foreign = Vec::new();
        let mut continued = false;
        for (index, line) in ini.lines.iter().enumerate().filter(|(_, line)| here.contains(&line.section)) {
            match &line.kind {
                Kind::Blank | Kind::Comment | Kind::Other => continue,
                Kind::Continuation => {}
                Kind::Key(name) => continued = (self.is_foreign)(name),
                Kind::Header => continued = false,
            }
            if continued {
                foreign.push(index);
            }
        }
        foreign
    }

    /// Puts `block` behind the last line of the section that says something, so that it never comes between a key
    /// and the lines that continue it, nor between a comment and the section below that it speaks of.
    fn insert(&self, ini: &Ini<'_>, section: usize, block: Block, aside: &[usize]) -> Vec<u8> {
        let last = ini.lines.iter().rposition(|line| line.section == section && line.is_content());
        let block = block.indented(ini.indentation_at_end(section));
        let mut file = Vec::new();
        for (index, line) in ini.lines.iter().enumerate() {
            if aside.contains(&index) {
                file.extend_from_slice(self.aside_prefix().as_bytes());
            }
            file.extend_from_slice(line.bytes);
            if Some(index) == last {
                block.add_to(&mut file);
            }
        }
        file
    }

    fn append(&self, rest: &[u8], mut block: Block) -> Vec<u8> {
        block.lines.splice(0..0, self.titles.first().map(|title| format!("[{title}]")));
        if !rest.is_empty() {
            block.lines.insert(0, String::new());
        }
        let mut file = rest.to_vec();
        block.add_to(&mut file);
        file
    }

    fn strip(&self, current: &[u8], keep_section: bool) -> Rest {
        let ini = Ini::parse(current);
        let claim = Claim::of(self, &ini);
        let mut gone = claim.lines.clone();
        if let (Some(header), false) = (claim.unused_header, keep_section) {
            gone.insert(header);
            let above = header.checked_sub(1).filter(|above| ini.lines[*above].kind == Kind::Blank);
            gone.extend(above);
        }
        let mut bytes = Vec::with_capacity(current.len());
        for (index, line) in ini.lines.iter().enumerate().filter(|(index, _)| !gone.contains(index)) {
            let fate = claim.aside.get(&index);
            if fate == Some(&Aside::Superseded) {
                bytes.extend_from_slice(b"# ");
            }
            let prefix = if fate.is_some() { self.aside_prefix().len() } else { 0 };
            bytes.extend_from_slice(&line.bytes[prefix..]);
        }
        let last_is_ours = ini.lines.len().checked_sub(1).is_some_and(|last| claim.lines.contains(&last));
        let first = claim.lines.first().map(|line| &ini.lines[*line]);
        let ending = first.and_then(Line::ending);
        if last_is_ours && !current.ends_with(b"\n") {
            // A comment without keys has no ending to tell from.
            let added = ending.unwrap_or_else(|| ini.line_ending()).as_bytes();
            bytes.truncate(bytes.strip_suffix(added).map_or(bytes.len(), <[u8]>::len));
        }
        Rest { bytes, section_is_ours: claim.unused_header.is_some(), ending }
    }

    fn comment(&self, entries: &[&Entry], section_is_ours: bool) -> String {
        let section = section_is_ours.then_some(THIS_SECTION);
        let mut names: Vec<&str> = section.into_iter().chain(entries.iter().map(|entry| entry.key)).collect();
        if names.is_empty() {
            // All our keys yield to the user's.
            names.push("(nothing)");
        }
        format!("{}{}; see \"evercred status\"", self.comment_prefix(), names.join(", "))
    }

    fn comment_prefix(&self) -> String {
        format!("# kept fresh by evercred ({}): ", self.login)
    }

    fn aside_prefix(&self) -> String {
        format!("# set aside by evercred ({}): ", self.login)
    }
}

/// The file without the lines of a login, of which nothing else is known, and with what it set aside; none, if it has no
/// lines there.
pub(crate) fn without_lines_of(login: &LoginId, current: &[u8]) -> Option<Vec<u8>> {
    let titles = Ini::parse(current).titles().map(str::to_owned).collect();
    let part = Part {
        login: login.to_string(),
        titles,
        is_foreign: |_| false,
        force: false,
        recognised: Vec::new(),
    };
    part.own_lines(current).map(|_| part.retract(current))
}

/// Lines to be added.
struct Block {
    lines: Vec<String>,
    ending: &'static str,
}

impl Block {
    fn indented(mut self, indentation: &str) -> Self {
        self.lines.iter_mut().for_each(|line| line.insert_str(0, indentation));
        self
    }

    /// The last line gets an ending only if the file ended with one.
    fn add_to(&self, file: &mut Vec<u8>) {
        let complete = file.is_empty() || file.ends_with(b"\n");
        if !complete {
            file.extend_from_slice(self.ending.as_bytes());
        }
        file.extend_from_slice(self.lines.join(self.ending).as_bytes());
        if complete {
            file.extend_from_slice(self.ending.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
