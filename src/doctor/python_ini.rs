//! INI files with their values, as Python's `configparser` reads them in its strict mode: what it refuses, it refuses
//! whole.
//!
//! botocore, gcloud, gsutil and az read their settings so. What a line *is* says `outputs::ini`; here are values, and
//! what is wrong with a file. They may be secrets, so `Debug` shows none.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};
use crate::outputs::ini::{Ini, Kind};

/// The sections of a file, in its order.
#[derive(Debug, Default)]
pub(crate) struct IniFile {
    pub(crate) sections: Vec<Section>,
}

/// One section; what `[DEFAULT]` has is in each of them.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) keys: Keys,
}

/// The keys of a section, by their lower-case names.
pub(crate) type Keys = BTreeMap<String, Entry>;

/// A value, and where it stands.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) value: String,
    file: PathBuf,
    line: usize,
    key: String,
}

/// Why a file is refused.
struct Broken {
    line: usize,
    error: &'static str,
}

const ALL_SECTIONS: &str = "DEFAULT";

impl IniFile {
    /// The file at `path`; none, if there is no regular file. One that may not be read counts as empty.
    pub(crate) fn read(observation: &Observation<'_>, path: &Path) -> Result<Option<Self>, Choice> {
        match &*observation.read(path) {
            Seen::Nothing | Seen::NoFile => Ok(None),
            Seen::Unreadable => Ok(Some(Self::default())),
            Seen::File(bytes) => Self::parse(path, bytes).map(Some).map_err(|Broken { line, error }| {
                let key = String::new();
                Choice::fails(Place::Line { file: path.to_owned(), line, key }, error)
            }),
        }
    }

    /// The same as programs read it that are not strict: what is there twice counts the second time, and what cannot be
    /// understood not at all.
    pub(crate) fn read_leniently(observation: &Observation<'_>, path: &Path) -> Self {
        let seen = observation.read(path);
        let Seen::File(bytes) = &*seen else { return Self::default() };
        let text = String::from_utf8_lossy(bytes);
        let mut reader = Reader::new(path);
        reader.is_lenient = true;
        for (index, line) in Ini::parse(text.as_bytes()).lines.iter().enumerate() {
            // Nothing is refused.
            let _ = reader.take(index + 1, &line.kind, str::from_utf8(line.bytes).unwrap_or_default());
        }
        reader.late = None;
        reader.end().unwrap_or_default()
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Broken> {
        let readable = str::from_utf8(bytes);
        if let Err(error) = readable {
            let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            return Err(Broken { line, error: "the file is not UTF-8" });
        }
        let ini = Ini::parse(bytes);
        if ini.has_byte_order_mark() {
            return Err(Broken { line: 1, error: "the file begins with a byte order mark" });
        }
        let mut reader = Reader::new(path);
        for (index, line) in ini.lines.iter().enumerate() {
            reader.take(index + 1, &line.kind, str::from_utf8(line.bytes).unwrap_or_default())?;
        }
        reader.end()
    }

    /// The section of that title.
    pub(crate) fn section(&self, title: &str) -> Option<&Keys> {
        self.sections.iter().find(|section| section.title == title).map(|section| &section.keys)
    }
}

impl Entry {
    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        Place::Line { file: self.file.clone(), line: self.line, key: self.key.clone() }
    }
}

/// A file on its way.
struct Reader<'p> {
    path: &'p Path,
    sections: Vec<Section>,
    /// The section that the next key is in.
    open: Option<usize>,
    /// What is only complained of at the end.
    late: Option<Broken>,
    is_lenient: bool,
}

impl<'p> Reader<'p> {
    const fn new(path: &'p Path) -> Self {
        Self { path, sections: Vec::new(), open: None, late: None, is_lenient: false }
    }

    fn take(&mut self, line: usize, kind: &Kind, text: &str) -> Result<(), Broken> {
        match (kind, self.open) {
            (Kind::Blank | Kind::Comment, _) => Ok(()),
            (Kind::Header, _) => self.open_section(line, text),
            (_, None) => Err(Broken { line, error: "a line stands before the first section" }),
            (Kind::Key(key), Some(open)) => self.add_key(open, line, key, text),
            (Kind::Continuation, Some(open)) => {
                let last = self.sections[open].keys.values_mut().max_by_key(|entry| entry.line);
                if let Some(entry) = last {
                    entry.value.extend(["\n", text.trim()]);
                }
                Ok(())
            }
            (Kind::Other, Some(_)) => {
                self.late.get_or_insert(Broken { line, error: "the line is neither a key nor a section" });
                Ok(())
            }
        }
    }

    fn open_section(&mut self, line: usize, text: &str) -> Result<(), Broken> {
        // In a file that is read leniently, the first may stand behind a byte order mark.
        let inside = text.split_once('[').map(|(_, inside)| inside).unwrap_or_default();
        let title = inside.rfind(']').map(|end| &inside[..end]).unwrap_or_default();
        let known = self.sections.iter().position(|section| section.title == title);
        if known.is_some() && title != ALL_SECTIONS && !self.is_lenient {
            return Err(Broken { line, error: "the section is there twice" });
        }
        self.open = Some(known.unwrap_or(self.sections.len()));
        if known.is_none() {
            self.sections.push(Section { title: title.to_owned(), keys: Keys::new() });
        }
        Ok(())
    }

    fn add_key(&mut self, open: usize, line: usize, key: &str, text: &str) -> Result<(), Broken> {
        let value = text.split_once(['=', ':']).map(|(_, value)| value.trim()).unwrap_or_default();
        let (file, key, value) = (self.path.to_owned(), key.to_owned(), value.to_owned());
        let entry = Entry { value, file, line, key: key.clone() };
        match self.sections[open].keys.insert(key, entry) {
            Some(_) => Err(Broken { line, error: "the key is there twice in its section" }),
            None => Ok(()),
        }
    }

    fn end(mut self) -> Result<IniFile, Broken> {
        if let Some(broken) = self.late {
            return Err(broken);
        }
        let shared = self.sections.iter().position(|section| section.title == ALL_SECTIONS);
        let shared = shared.map(|index| self.sections.remove(index).keys).unwrap_or_default();
        for section in &mut self.sections {
            for (key, entry) in &shared {
                section.keys.entry(key.clone()).or_insert_with(|| entry.clone());
            }
            for entry in section.keys.values_mut() {
                entry.value.truncate(entry.value.trim_end().len());
            }
        }
        Ok(IniFile { sections: self.sections })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place().fmt(f)
    }
}
