//! A list of objects in a JSON file that belongs to somebody else, edited so that every other byte stays.
//!
//! `serde_json` reads the values and says where each ends; what stands between them is kept as it is: white space, a byte
//! order mark, keys that nobody here knows, numbers as they were written. Items are added at the end, in the manner of
//! those that are there, so that taking them out again gives the same bytes.

use std::ops::Range;

use serde_json::Value;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file with a list in it.
#[derive(Debug)]
pub(super) struct JsonList<'t> {
    text: &'t str,
    /// What stands between the brackets.
    inside: Range<usize>,
    pub(super) items: Vec<Item>,
}

/// One of the list.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) value: Value,
    range: Range<usize>,
}

/// What becomes of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate {
    Stays,
    Becomes(Value),
    Goes,
}

impl<'t> JsonList<'t> {
    /// The list that the whole file is; `None` if it is something else.
    pub(super) fn whole(text: &'t str) -> Option<Self> {
        serde_json::from_str::<Value>(without_mark(text)).ok()?;
        Self::at(text, space(text, text.len() - without_mark(text).len()))
    }

    /// The list under `key` of the object that the file is; `None` if there is none.
    pub(super) fn member(text: &'t str, key: &str) -> Option<Self> {
        let members = Members::of(text)?;
        let (_, range) = members.all.into_iter().rev().find(|(name, _)| name == key)?;
        Self::at(text, range.start)
    }

    fn at(text: &'t str, open: usize) -> Option<Self> {
        if !text[open..].starts_with('[') {
            return None;
        }
        let mut items = Vec::new();
        let mut at = space(text, open + 1);
        while !text[at..].starts_with(']') {
            let (value, range) = value(text, at)?;
            at = space(text, range.end);
            if text[at..].starts_with(',') {
                at = space(text, at + 1);
            }
            items.push(Item { value, range });
        }
        Some(Self { text, inside: open + 1..at, items })
    }

    /// The file with each item as its fate has it, and with `added` at the end of the list.
    pub(super) fn edited(&self, fates: &[Fate], added: &[Value]) -> String {
        let mut list = String::new();
        let mut end = self.inside.start;
        let first_gap = self.items.first().map_or("", |first| &self.text[end..first.range.start]);
        for (item, fate) in self.items.iter().zip(fates) {
            let gap = if list.is_empty() { first_gap } else { &self.text[end..item.range.start] };
            end = item.range.end;
            match fate {
                Fate::Stays => list.extend([gap, &self.text[item.range.clone()]]),
                Fate::Becomes(value) => list.extend([gap, &value.to_string()]),
                Fate::Goes => {}
            }
        }
        for value in added {
            let gap = if list.is_empty() { first_gap.to_owned() } else { self.gap(first_gap) };
            list.extend([gap, value.to_string()]);
        }
        if list.is_empty() {
            list.push_str(first_gap);
        }
        [&self.text[..self.inside.start], &list, &self.text[end..]].concat()
    }

    /// What stands between two items.
    fn gap(&self, first_gap: &str) -> String {
        match &self.items[..] {
            [one, two, ..] => self.text[one.range.end..two.range.start].to_owned(),
            _ if first_gap.contains('\n') => format!(",{first_gap}"),
            _ => ", ".to_owned(),
        }
    }
}

/// The file, an object, with an empty list under `key`; `None` if it is no object, or has something there.
pub(super) fn with_member(text: &str, key: &str) -> Option<String> {
    let members = Members::of(text).filter(|members| members.all.iter().all(|(name, _)| name != key))?;
    let comma = if members.all.is_empty() { "" } else { ", " };
    let member = format!("{comma}{}: []", Value::from(key));
    Some([&text[..members.end], &member, &text[members.end..]].concat())
}

/// The members of the object that a file is.
struct Members {
    all: Vec<(String, Range<usize>)>,
    /// Where the next would stand.
    end: usize,
}

impl Members {
    fn of(text: &str) -> Option<Self> {
        serde_json::from_str::<Value>(without_mark(text)).ok()?;
        let open = space(text, text.len() - without_mark(text).len());
        text[open..].strip_prefix('{')?;
        let (mut all, mut end) = (Vec::new(), open + 1);
        let mut at = space(text, end);
        while !text[at..].starts_with('}') {
            let (name, range) = value(text, at)?;
            let colon = space(text, range.end);
            let (_, range) = value(text, space(text, colon + 1))?;
            end = range.end;
            at = space(text, end);
            if text[at..].starts_with(',') {
                at = space(text, at + 1);
            }
            all.push((name.as_str()?.to_owned(), range));
        }
        Some(Self { all, end })
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Where the white space ends that begins at `at`.
fn space(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n']).len()
}

/// The value that begins at `at`, and where it is.
fn value(text: &str, at: usize) -> Option<(Value, Range<usize>)> {
    let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter();
    let value = values.next()?.ok()?;
    Some((value, at..at + values.byte_offset()))
}

#[cfg(test)]
mod tests;
