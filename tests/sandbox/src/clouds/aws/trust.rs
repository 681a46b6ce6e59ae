//! Trust policies: whether a document lets a principal take an action.
//!
//! Evaluated as IAM does: one statement must allow, none may deny. Known are the string operators (and `ArnEquals` and `ArnLike`, taken as strings), with their
//! `ForAnyValue:`, `ForAllValues:` and `IfExists` forms, and `Null`; a statement with any other operator never
//! applies. Of policy variables those
//! for special characters are known. Left out: `NotPrincipal`, `NotAction`, all other variables.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

mod condition;

use std::collections::BTreeMap;

use serde_json::Value;

use self::condition::holds;

/// Who asks, for what, and what is known about it.
#[derive(Debug)]
pub(super) struct Asked {
    /// `Federated` or `AWS`.
    pub(super) kind: &'static str,
    /// The principal by each of its names.
    pub(super) principals: Vec<String>,
    pub(super) action: &'static str,
    /// The condition keys that have values.
    pub(super) keys: BTreeMap<String, Vec<String>>,
}

/// Whether the policy lets it.
pub(super) fn allows(policy: &Value, asked: &Asked) -> bool {
    let statements = many(&policy["Statement"]);
    let effect = |effect: &str| {
        statements.iter().any(|statement| statement["Effect"] == effect && applies(statement, asked))
    };
    effect("Allow") && !effect("Deny")
}

fn applies(statement: &Value, asked: &Asked) -> bool {
    let principal = &statement["Principal"];
    let named = texts(&principal[asked.kind]);
    let right_principal = principal == "*"
        || named.iter().any(|name| *name == "*" || asked.principals.iter().any(|p| p == name));
    let right_action = texts(&statement["Action"])
        .iter()
        .any(|pattern| like(&pattern.to_lowercase(), &asked.action.to_lowercase()));
    right_principal && right_action && conditions_hold(statement, &asked.keys)
}

fn conditions_hold(statement: &Value, keys: &BTreeMap<String, Vec<String>>) -> bool {
    let Some(operators) = statement["Condition"].as_object() else {
        return statement.get("Condition").is_none();
    };
    operators.iter().all(|(operator, tests)| {
        tests.as_object().is_some_and(|tests| {
            tests.iter().all(|(key, wanted)| holds(operator, keys.get(&key.to_lowercase()), &texts(wanted)))
        })
    })
}

/// One or many.
fn many(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn texts(value: &Value) -> Vec<&str> {
    many(value).iter().filter_map(Value::as_str).collect()
}

/// `*` stands for any characters, `?` for one, except between `${` and `}`.
fn like(pattern: &str, text: &str) -> bool {
    fits(&pieces(pattern), text)
}

/// The text that a policy means, where wildcards stand for nothing.
fn literal(text: &str) -> String {
    let written = |piece: Piece| match piece {
        Piece::Any => '*',
        Piece::One => '?',
        Piece::This(c) => c,
    };
    pieces(text).into_iter().map(written).collect()
}

#[derive(Clone, Copy)]
enum Piece {
    Any,
    One,
    This(char),
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>
fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let escaped = ["${*}", "${?}", "${$}"].into_iter().find(|special| rest.starts_with(special));
        pieces.push(match (escaped.and_then(|special| special.chars().nth(2)), c) {
            (Some(special), _) => Piece::This(special),
            (None, '*') => Piece::Any,
            (None, '?') => Piece::One,
            (None, c) => Piece::This(c),
        });
        rest = &rest[escaped.map_or(c.len_utf8(), str::len)..];
    }
    pieces
}

fn fits(pieces: &[Piece], text: &str) -> bool {
    let Some((piece, after)) = pieces.split_first() else { return text.is_empty() };
    let next = |c: char| text.strip_prefix(c).is_some_and(|rest| fits(after, rest));
    match piece {
        Piece::This(c) => next(*c),
        Piece::One => text.chars().next().is_some_and(next),
        Piece::Any => {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| fits(after, &text[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(subject: &str) -> Asked {
        let keys = [("idp.example:sub", subject), ("idp.example:aud", "sts.amazonaws.com")];
        Asked {
            kind: "Federated",
            principals: vec!["arn:aws:iam::1:oidc-provider/idp.example".to_owned()],
            action: "sts:AssumeRoleWithWebIdentity",
            keys: keys.into_iter().map(|(key, value)| (key.to_owned(), vec![value.to_owned()])).collect(),
        }
    }

    fn statement(effect: &str, condition: &Value) -> Value {
        json!({
            "Effect": effect,
            "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/idp.example"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        })
    }

    fn verdict(condition: &Value, subject: &str) -> bool {
        allows(&json!({"Statement": [statement("Allow", condition)]}), &asked(subject))
    }

    #[test]
    fn a_subject_is_compared_as_a_whole_and_with_its_case() {
        let condition = json!({"StringEquals": {"idp.example:sub": "repo:acme/app"}});
        assert!(verdict(&condition, "repo:acme/app"));
        assert!(!verdict(&condition, "repo:acme/app2"));
        assert!(!verdict(&condition, "repo:Acme/app"));
    }

    #[test]
    fn wildcards_match_only_where_the_operator_knows_them() {
        assert!(verdict(&json!({"StringLike": {"idp.example:sub": "repo:*/a?p:*"}}), "repo:acme/app:ref"));
        assert!(!verdict(&json!({"StringLike": {"idp.example:sub": "repo:*/a?p"}}), "repo:acme/app:ref"));
        assert!(!verdict(&json!({"StringEquals": {"idp.example:sub": "repo:*"}}), "repo:acme"));
    }

    #[test]
    fn a_special_character_can_stand_for_itself() {
        let pattern = "a${*}b${?}c${$}{d}*";
        assert!(verdict(&json!({"StringLike": {"idp.example:sub": pattern}}), "a*b?c${d} and more"));
        assert!(!verdict(&json!({"StringLike": {"idp.example:sub": pattern}}), "axb?c${d}"));
        assert!(verdict(&json!({"StringEquals": {"idp.example:sub": "a${$}{b}*"}}), "a${b}*"));
    }

    #[test]
    fn a_denial_outweighs_every_permission() {
        let allow = statement("Allow", &json!({"StringLike": {"idp.example:sub": "*"}}));
        let deny = statement("Deny", &json!({"StringEquals": {"idp.example:sub": "mallory"}}));
        let policy = json!({"Statement": [allow, deny]});
        assert!(allows(&policy, &asked("alice")));
        assert!(!allows(&policy, &asked("mallory")));
    }

    #[test]
    fn a_key_that_the_token_lacks_fails_unless_the_operator_forgives_it() {
        assert!(!verdict(&json!({"StringEquals": {"idp.example:amr": "x"}}), "alice"));
        assert!(verdict(&json!({"StringEqualsIfExists": {"idp.example:amr": "x"}}), "alice"));
    }

    #[test]
    fn an_operator_nobody_knows_never_applies() {
        assert!(!verdict(&json!({"NumericLessThan": {"idp.example:sub": "7"}}), "alice"));
    }

    #[test]
    fn another_principal_or_action_is_not_let_in() {
        let policy =
            json!({"Statement": statement("Allow", &json!({"StringLike": {"idp.example:sub": "*"}}))});
        let stranger =
            Asked { principals: vec!["arn:aws:iam::2:oidc-provider/idp.example".into()], ..asked("a") };
        assert!(!allows(&policy, &stranger));
        assert!(!allows(&policy, &Asked { action: "sts:AssumeRole", ..asked("a") }));
    }
}
