//! Any text at all: the loader may refuse it, but neither panic nor point beside it.

use proptest::prelude::*;

use super::GOOD;
use crate::config::testing::load;

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(text in ".*") {
        let _ = load(&text);
    }

    #[test]
    fn no_mutation_makes_the_loader_panic_or_point_outside(
        edits in prop::collection::vec((0..GOOD.len(), 0..12_usize, "[\\[\\]{}=\".,#'\na-z0-9_ é-]{0,6}"), 1..5)
    ) {
        let mut text = GOOD.to_owned();
        for (at, length, new) in edits {
            let start = text.floor_char_boundary(at);
            let end = text.floor_char_boundary(start + length);
            text.replace_range(start..end.max(start), &new);
        }
        if let Err(problems) = load(&text) {
            prop_assert!(!problems.list.is_empty());
            for mistake in problems.list {
                let line = text.split('\n').nth(mistake.line - 1).unwrap_or_default();
                prop_assert_eq!(mistake.text.as_str(), line.strip_suffix('\r').unwrap_or(line));
                prop_assert!(mistake.column <= line.chars().count() + 1);
            }
        }
    }
}
