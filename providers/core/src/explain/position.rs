//! Where values stand in a JSON text. `serde_json` says where each ends; what is between them is white space and marks.

use serde::de::{DeserializeOwned, IgnoredAny};

/// Where the first value begins.
pub(super) fn first(text: &str) -> usize {
    space(text, 0)
}

/// Where the member `key` of the object at `open` begins. Of several, the last counts, as it does for readers.
pub(super) fn member(text: &str, open: usize, key: &str) -> Option<usize> {
    let mut at = begin(text, open, '{')?;
    let mut found = None;
    while !text[at..].starts_with('}') {
        let (name, end) = value::<String>(text, at)?;
        let start = space(text, begin(text, space(text, end), ':')?);
        if name == key {
            found = Some(start);
        }
        let (_, end) = value::<IgnoredAny>(text, start)?;
        at = after(text, end);
    }
    found
}

/// Where the item `index` of the list at `open` begins.
pub(super) fn item(text: &str, open: usize, index: usize) -> Option<usize> {
    let mut at = begin(text, open, '[')?;
    for _ in 0..index {
        let (_, end) = value::<IgnoredAny>(text, at)?;
        at = after(text, end);
    }
    (!text[at..].starts_with(']')).then_some(at)
}

fn begin(text: &str, at: usize, mark: char) -> Option<usize> {
    text.get(at..)?.starts_with(mark).then(|| space(text, at + 1))
}

/// Behind the comma after a value, if there is one.
fn after(text: &str, end: usize) -> usize {
    let end = space(text, end);
    if text[end..].starts_with(',') { space(text, end + 1) } else { end }
}

fn space(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len()
}

fn value<T: DeserializeOwned>(text: &str, at: usize) -> Option<(T, usize)> {
    let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<T>();
    let value = values.next()?.ok()?;
    Some((value, at + values.byte_offset()))
}
