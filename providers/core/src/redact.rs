//! Removing what looks like a token from text that others wrote.

/// Replaces everything in `text` that looks like a JSON Web Token by `[token]`.
///
/// Providers echo parts of a request in their error messages, so this stands between those and any report. A
/// token is recognised by its shape (RFC 7519 §3: base64url parts joined by dots, the first an encoded JSON
/// object, which always begins with `eyJ`); a cut-off one counts too.
pub fn redact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let (before, candidate) = rest.split_at(start);
        let length = candidate.find(|c: char| !is_token_character(c)).unwrap_or(candidate.len());
        let inside_a_word = before.ends_with(|c: char| c.is_ascii_alphanumeric());
        clean.push_str(before);
        if length >= SHORTEST && !inside_a_word {
            clean.push_str("[token]");
        } else {
            clean.push_str(&candidate[..length]);
        }
        rest = &candidate[length..];
    }
    clean.push_str(rest);
    clean
}

/// Shorter runs are words that happen to begin like a token.
const SHORTEST: usize = 16;

fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_a_message_is_replaced_and_the_rest_stays() {
        let text = "Token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is expired";
        assert_eq!(redact(text), "Token [token] is expired");
    }

    #[test]
    fn a_token_cut_off_at_the_end_is_replaced() {
        assert_eq!(redact("got 'eyJhbGciOiJSUzI1NiJ9.eyJz"), "got '[token]");
    }

    #[test]
    fn ordinary_words_stay() {
        assert_eq!(redact("heyJude and eyJ are no tokens"), "heyJude and eyJ are no tokens");
    }
}
