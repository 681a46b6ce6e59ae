//! The parsed TOML with the place of each key and value, and the two operations on it that the loader needs.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

/// A table with its place: its header, or the braces of an inline table.
pub(crate) type Section<'t> = Spanned<DeTable<'t>>;

/// One step on the way from a table to what is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// Where the value of `key` stands in `table`.
pub(crate) fn value_span(table: &DeTable<'_>, key: &str) -> Option<Range<usize>> {
    table.get(key).map(Spanned::span)
}

/// The table under a value, with its place, if it is a table.
pub(crate) fn as_section<'t>(value: &Spanned<DeValue<'t>>) -> Option<Section<'t>> {
    let table = value.get_ref().as_table()?;
    Some(Spanned::new(value.span(), table.clone()))
}

/// A copy of `section` without the keys that `remove` names.
pub(crate) fn without<'t>(section: &Section<'t>, remove: impl Fn(&str) -> bool) -> Section<'t> {
    let kept = section.get_ref().iter().filter(|(key, _)| !remove(key.get_ref()));
    Spanned::new(section.span(), kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The table as JSON, without places. What JSON cannot hold becomes `null`.
pub(crate) fn to_json(section: &Section<'_>) -> serde_json::Value {
    serde_json::Value::deserialize(Deserializer::from(section.clone())).unwrap_or_default()
}

/// The way to the innermost key or element that covers `span`; `None` if there is none, as for a problem with the
/// table as a whole.
pub(crate) fn path_to(table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<Step>> {
    let mut search = Search { span, path: Vec::new(), found: None };
    search.table(table);
    search.found.map(|(_, path)| path)
}

/// Removes what is at the end of `path`.
pub(crate) fn remove(table: &mut DeTable<'_>, path: &[Step]) {
    match path {
        [Step::Key(key)] => {
            table.remove(key.as_str());
        }
        [Step::Key(key), rest @ ..] => {
            if let Some(value) = table.get_mut(key.as_str()) {
                remove_inside(value.get_mut(), rest);
            }
        }
        _ => {}
    }
}

struct Search<'s> {
    span: &'s Range<usize>,
    path: Vec<Step>,
    found: Option<(usize, Vec<Step>)>,
}

impl Search<'_> {
    fn table(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            self.path.push(Step::Key(key.get_ref().to_string()));
            self.consider(&key.span());
            self.value(value);
            self.path.pop();
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) {
        self.consider(&value.span());
        match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(array) => {
                for (index, element) in array.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.value(element);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    /// Of equal ranges the inner one counts: `[[a]]` is the place of the array and of its first table.
    fn consider(&mut self, place: &Range<usize>) {
        let covers = place.start <= self.span.start && self.span.end <= place.end;
        if covers && self.found.as_ref().is_none_or(|(length, _)| place.len() <= *length) {
            self.found = Some((place.len(), self.path.clone()));
        }
    }
}

fn remove_inside(value: &mut DeValue<'_>, path: &[Step]) {
    match (value, path) {
        (DeValue::Table(table), path) => remove(table, path),
        (DeValue::Array(array), [Step::Index(index)]) => {
            let all = std::mem::replace(array, DeArray::new()).into_iter().enumerate();
            *array = all.filter(|(i, _)| i != index).map(|(_, element)| element).collect();
        }
        (DeValue::Array(array), [Step::Index(index), rest @ ..]) => {
            if let Some(element) = array.get_mut(*index) {
                remove_inside(element.get_mut(), rest);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_after_removing(text: &str, what: &str) -> serde_json::Value {
        let mut section = DeTable::parse(text).unwrap();
        let start = text.find(what).unwrap();
        let path = path_to(section.get_ref(), &(start..start + what.len())).unwrap();
        remove(section.get_mut(), &path);
        to_json(&section)
    }

    #[test]
    fn a_value_goes_with_its_key() {
        assert_eq!(left_after_removing("a = 1\nb = 2", "2"), serde_json::json!({"a": 1}));
        assert_eq!(left_after_removing("a = 1\nb = 2", "a"), serde_json::json!({"b": 2}));
    }

    #[test]
    fn only_the_element_at_fault_leaves_an_array() {
        let left = left_after_removing("a = [{x = 1}, {x = 7, y = 2}]", "7");
        assert_eq!(left, serde_json::json!({"a": [{"x": 1}, {"y": 2}]}));
        assert_eq!(
            left_after_removing("[[a]]\nx = 1\n[[a]]\nx = 2", "[[a]]"),
            serde_json::json!({"a": [{"x": 2}]})
        );
    }

    #[test]
    fn a_place_outside_leads_nowhere() {
        let section = DeTable::parse("[a]\nx = 1").unwrap();
        assert_eq!(path_to(section.get_ref(), &(100..101)), None);
    }
}
