//! Long identifiers in lines that people can take in.

/// So long is a line at most before it is broken, if it can be.
const WIDTH: usize = 100;

/// The text in lines of at most a hundred characters, broken after spaces, slashes, colons and commas; further lines begin with
/// `indent`. What has no such place stays whole.
pub fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive([' ', '/', ':', ',']) {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + piece.trim_end().chars().count() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
        }
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join(&format!("\n{indent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_subject_is_broken_between_its_parts() {
        let subject = "organization_id:0191e223-1c3c-7607-badf-303c98b52d2f:".repeat(3);
        let shown = wrapped(&format!("sub {subject}"), "    ");
        assert!(shown.lines().all(|line| line.chars().count() <= WIDTH + 4), "{shown}");
        assert_eq!(shown.replace("\n    ", ""), format!("sub {subject}"));
        assert!(!shown.contains("0191e223-1c3c-7607-\n"), "{shown}");
    }

    #[test]
    fn what_is_short_or_cannot_be_broken_stays() {
        assert_eq!(wrapped("sub alice", "  "), "sub alice");
        assert_eq!(wrapped(&"x".repeat(300), "  "), "x".repeat(300));
    }
}
