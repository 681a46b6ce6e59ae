//! Patterns over whole values.

/// What a pattern may hold besides plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wildcards {
    /// `*` for any characters.
    Star,
    /// Besides, `?` for exactly one.
    StarAndQuestion,
}

impl Wildcards {
    /// Whether `pattern` covers the whole of `text`.
    pub fn matches(self, pattern: &str, text: &str) -> bool {
        let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        let (mut at, mut in_text) = (0, 0);
        // Where the last star stood, and what of the text was behind it: it may take one character more.
        let mut retry: Option<(usize, usize)> = None;
        while in_text < text.len() {
            match pattern.get(at) {
                Some('*') => {
                    retry = Some((at, in_text));
                    at += 1;
                }
                Some(&wanted) if wanted == text[in_text] || self.is_any_one(wanted) => {
                    at += 1;
                    in_text += 1;
                }
                _ => {
                    let Some((star, taken)) = retry else { return false };
                    retry = Some((star, taken + 1));
                    (at, in_text) = (star + 1, taken + 1);
                }
            }
        }
        pattern[at..].iter().all(|&rest| rest == '*')
    }

    /// Whether there is a wildcard in `text`.
    pub fn are_in(self, text: &str) -> bool {
        text.chars().any(|c| c == '*' || self.is_any_one(c))
    }

    fn is_any_one(self, c: char) -> bool {
        c == '?' && self == Self::StarAndQuestion
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_the_whole_value() {
        let like = |pattern, text| Wildcards::StarAndQuestion.matches(pattern, text);
        assert!(like("repo:*/a?p:*", "repo:acme/app:ref") && like("*", "") && like("a*b*c", "aXbbYc"));
        assert!(!like("repo:*/a?p", "repo:acme/app:ref") && !like("a?", "a") && !like("", "a"));
        assert!(!Wildcards::Star.matches("a?p", "app") && Wildcards::Star.matches("a?p", "a?p"));
    }
}
