//! How a value differs from what was expected, in words.

use super::Wildcards;

/// How values are compared with what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// To the letter.
    Exact,
    /// As a pattern.
    Pattern(Wildcards),
}

/// Of what is expected and what there is, the two that differ least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest<'n> {
    /// What is expected.
    pub expected: &'n str,
    /// What there is.
    pub got: &'n str,
    /// How they differ.
    pub difference: String,
}

/// The two that differ least, if the difference can be put into few words.
pub fn nearest<'n>(expected: &'n [String], got: &'n [String], style: Style) -> Option<Nearest<'n>> {
    let pairs = expected.iter().flat_map(|expected| got.iter().map(move |got| (expected, got)));
    let described = pairs.filter_map(|(expected, got)| {
        let (rank, difference) = describe(expected, got, style)?;
        Some((rank, Nearest { expected, got, difference }))
    });
    described.min_by_key(|(rank, _)| *rank).map(|(_, nearest)| nearest)
}

/// The difference, and how great it is.
fn describe(expected: &str, got: &str, style: Style) -> Option<(usize, String)> {
    type Test = fn(&str, &str, Style) -> Option<String>;
    let tests: [Test; 7] = [case, slash, space, scheme, wildcard, one_goes_on, part];
    tests.iter().enumerate().find_map(|(rank, test)| Some((rank, test(expected, got, style)?)))
}

fn fits(expected: &str, got: &str, style: Style) -> bool {
    match style {
        Style::Exact => expected == got,
        Style::Pattern(wildcards) => wildcards.matches(expected, got),
    }
}

fn case(expected: &str, got: &str, style: Style) -> Option<String> {
    fits(&expected.to_lowercase(), &got.to_lowercase(), style)
        .then(|| "only upper and lower case differ, and they count".to_owned())
}

fn slash(expected: &str, got: &str, style: Style) -> Option<String> {
    if fits(&format!("{expected}/"), got, style) {
        return Some("the token's ends with a slash, the rule's does not".to_owned());
    }
    fits(expected, &format!("{got}/"), style)
        .then(|| "the rule's ends with a slash, the token's does not".to_owned())
}

fn space(expected: &str, got: &str, style: Style) -> Option<String> {
    fits(expected.trim(), got.trim(), style)
        .then(|| "they differ in the white space around them only".to_owned())
}

fn scheme(expected: &str, got: &str, style: Style) -> Option<String> {
    let without = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
    let (bare_expected, bare_got) = (without(expected), without(got));
    if bare_expected.as_deref().is_some_and(|bare| fits(bare, got, style)) {
        return Some("the rule's begins with a scheme, the token's does not".to_owned());
    }
    if bare_got.as_deref().is_some_and(|bare| fits(expected, bare, style)) {
        return Some("the token's begins with a scheme, the rule's does not".to_owned());
    }
    bare_expected.zip(bare_got).filter(|(expected, got)| fits(expected, got, style)).map(|_| {
        let scheme = |text: &str| text.split("://").next().unwrap_or_default().to_owned();
        format!("the rule's scheme is {}, the token's {}", scheme(expected), scheme(got))
    })
}

/// A wildcard that is none here, or one that is missing at an end.
fn wildcard(expected: &str, got: &str, style: Style) -> Option<String> {
    let any = Wildcards::StarAndQuestion;
    if style == Style::Exact {
        return (any.are_in(expected) && any.matches(expected, got))
            .then(|| "the rule's holds a wildcard, which is taken to the letter here".to_owned());
    }
    if fits(&format!("{expected}*"), got, style) {
        let rest = rest_of(expected, got);
        return Some(format!("the pattern has to cover the whole value, and the token's goes on{rest}"));
    }
    fits(&format!("*{expected}"), got, style).then(|| {
        "the pattern has to cover the whole value, and the token's has more at its beginning".to_owned()
    })
}

fn rest_of(expected: &str, got: &str) -> String {
    got.strip_prefix(expected).map(|rest| format!(" with {rest:?}")).unwrap_or_default()
}

fn one_goes_on(expected: &str, got: &str, _: Style) -> Option<String> {
    let is_telling = |rest: &&str| !rest.is_empty();
    if let Some(rest) = got.strip_prefix(expected).filter(is_telling).filter(|_| !expected.is_empty()) {
        return Some(format!("the token's goes on with {rest:?}"));
    }
    let rest = expected.strip_prefix(got).filter(is_telling).filter(|_| !got.is_empty())?;
    Some(format!("the rule's goes on with {rest:?}"))
}

/// One or two parts between slashes, colons and the like.
fn part(expected: &str, got: &str, style: Style) -> Option<String> {
    const BETWEEN: [char; 4] = ['/', ':', '@', ','];
    let parts = |text: &str| text.split(BETWEEN).map(str::to_owned).collect::<Vec<_>>();
    let (of_rule, of_token) = (parts(expected), parts(got));
    if of_rule.len() != of_token.len() || of_rule.len() < 2 {
        return None;
    }
    let differing: Vec<_> =
        of_rule.iter().zip(&of_token).filter(|(rule, token)| !fits(rule, token, style)).collect();
    if differing.is_empty() || differing.len() * 2 > of_rule.len() {
        return None;
    }
    let words = differing.iter().map(|(rule, token)| {
        let kind = if is_id(rule) == is_id(token) { "" } else { ": one is a name, the other an id" };
        format!("the rule has {rule:?} where the token has {token:?}{kind}")
    });
    Some(words.collect::<Vec<_>>().join("; "))
}

/// A number, or something like a UUID.
fn is_id(text: &str) -> bool {
    let is_hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    (!text.is_empty() && text.chars().all(|c| c.is_ascii_digit()))
        || (text.len() >= 16 && has_digit && text.chars().all(is_hex))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(expected: &str, got: &str, style: Style) -> Option<String> {
        nearest(&[expected.to_owned()], &[got.to_owned()], style).map(|nearest| nearest.difference)
    }

    #[test]
    fn the_smallest_difference_is_named() {
        for (expected, got, named) in [
            ("repo:Acme/app", "repo:acme/app", "case"),
            ("https://idp", "https://idp/", "token's ends with a slash"),
            ("https://idp/", "https://idp", "rule's ends with a slash"),
            ("idp ", "idp", "white space"),
            ("https://idp", "idp", "rule's begins with a scheme"),
            ("http://idp", "https://idp", "scheme is http,"),
            ("repo:acme/*", "repo:acme/app", "to the letter"),
            ("repo:acme/app", "repo:acme/app:ref:x", "goes on with \":ref:x\""),
            ("repo:acme/app:ref:main", "repo:acme/app:ref:dev", "\"main\" where the token has \"dev\""),
            ("org:acme:project:1234", "org:acme:project:web", "one is a name, the other an id"),
        ] {
            let found = words(expected, got, Style::Exact).unwrap_or_default();
            assert!(found.contains(named), "{expected} {got}: {found}");
        }
        assert_eq!(words("alice", "bob", Style::Exact), None);
    }

    #[test]
    fn a_pattern_that_ends_too_early_is_named() {
        let pattern = Style::Pattern(Wildcards::Star);
        let found = words("repo:acme/*:ref:main", "repo:acme/app:ref:main/x", pattern).unwrap();
        assert!(found.contains("cover the whole value"), "{found}");
        assert!(words("Repo:*", "repo:acme", pattern).unwrap().contains("case"));
    }

    #[test]
    fn of_several_the_nearest_is_compared() {
        let expected = ["repo:other/x".to_owned(), "repo:acme/app/".to_owned()];
        let got = ["repo:acme/app".to_owned()];
        assert_eq!(nearest(&expected, &got, Style::Exact).unwrap().expected, "repo:acme/app/");
    }
}
