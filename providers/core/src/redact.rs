//! Removing secrets from text that others wrote.

/// Replaces everything in `text` that looks like a JSON Web Token by `[token]`, and the passwords of URLs by stars.
///
/// Providers echo parts of a request in their error messages, so this stands between those and any report. A
/// token is recognised by its shape (RFC 7519 §3: base64url parts joined by dots, the first an encoded JSON
/// object, which always begins with `eyJ`); a cut-off one counts too.
pub fn redact(text: &str) -> String {
    mask_passwords(&without_tokens(text))
}

/// Replaces the passwords of URLs (`https://user:password@host`, RFC 3986 §3.2.1) by stars, one for each character,
/// so that whatever points at a place in the text still does.
pub fn mask_passwords(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, url) = rest.split_at(start + "://".len());
        let authority = &url[..url.find(ends_authority).unwrap_or(url.len())];
        let (user, host) =
            authority.rsplit_once('@').map_or(("", authority), |(user, _)| (user, &authority[user.len()..]));
        clean.push_str(before);
        match user.split_once(':') {
            Some((name, password)) => {
                clean.extend([name, ":", &"*".repeat(password.chars().count())]);
            }
            None => clean.push_str(user),
        }
        clean.push_str(host);
        rest = &url[authority.len()..];
    }
    clean.push_str(rest);
    clean
}

/// Replaces `secrets`, which whoever wrote `text` was told, by `[secret]`; and long pieces of them, because they may
/// have been written in another encoding, whose letters and digits are the same.
pub fn conceal<'s>(text: &str, secrets: impl IntoIterator<Item = &'s str>) -> String {
    let mut clean = text.to_owned();
    for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
        clean = clean.replace(secret, "[secret]");
        let pieces =
            secret.split(|c: char| !c.is_ascii_alphanumeric()).filter(|piece| piece.len() >= SHORTEST);
        clean = pieces.fold(clean, |clean, piece| clean.replace(piece, "[secret]"));
    }
    clean
}

fn ends_authority(c: char) -> bool {
    c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>')
}

fn without_tokens(text: &str) -> String {
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
    fn the_password_of_a_url_becomes_as_many_stars() {
        let text = r#"proxy = "http://me:hunter2@proxy:3128/a" # http://plain:80/ and me:x@y"#;
        let clean = r#"proxy = "http://me:*******@proxy:3128/a" # http://plain:80/ and me:x@y"#;
        assert_eq!(redact(text), clean);
        assert_eq!(redact("https://a:p@ss@host"), "https://a:****@host");
    }

    #[test]
    fn what_the_other_side_was_told_is_concealed_in_any_encoding() {
        let secrets = ["hunter2", "IQoJb3JpZ2luX2VjEJ/+abcdefghijklmnop=="];
        let text = "got Bearer hunter2, X-Token IQoJb3JpZ2luX2VjEJ%2F%2Babcdefghijklmnop%3D%3D";
        assert_eq!(conceal(text, secrets), "got Bearer [secret], X-Token [secret]%2F%2B[secret]%3D%3D");
    }

    #[test]
    fn ordinary_words_stay() {
        assert_eq!(redact("heyJude and eyJ are no tokens"), "heyJude and eyJ are no tokens");
    }
}
