//! What somebody may have meant by a word that is not known.

/// Below this the words have too little in common for the question to help anybody.
const LIKENESS: f64 = 0.7;

/// The remedy for `word`: the candidate nearest to it, or all of them if none is near.
pub(crate) fn suggest(word: &str, candidates: &[&str]) -> Option<String> {
    if let Some(nearest) = nearest(word, candidates) {
        return Some(format!("Did you mean `{nearest}`?"));
    }
    let mut all: Vec<_> = candidates.iter().map(|name| format!("`{name}`")).collect();
    all.sort();
    (!all.is_empty()).then(|| format!("It can be {}.", all.join(", ")))
}

/// The candidate that is so like `word` that it was probably meant.
pub(crate) fn nearest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let word = word.to_lowercase();
    let scored = candidates.iter().map(|name| (strsim::jaro_winkler(&word, name), *name));
    scored.filter(|(score, _)| *score >= LIKENESS).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_shortenings_and_other_cases_find_their_word() {
        let keys = ["role_arn", "region", "session_name", "duration"];
        for (word, meant) in [
            ("rol_arn", "role_arn"),
            ("role", "role_arn"),
            ("RoleArn", "role_arn"),
            ("duraton", "duration"),
            ("session-name", "session_name"),
        ] {
            assert_eq!(nearest(word, &keys), Some(meant), "{word}");
        }
    }

    #[test]
    fn a_word_without_likeness_gets_the_whole_list() {
        let hint = suggest("zzz", &["role_arn", "region"]);
        assert_eq!(hint.as_deref(), Some("It can be `region`, `role_arn`."));
        assert_eq!(suggest("zzz", &[]), None);
    }
}
