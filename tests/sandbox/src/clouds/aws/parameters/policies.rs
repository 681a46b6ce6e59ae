//! Session policies and tags: their syntax, their number, and the room they take.

use serde_json::Value;

use super::Parameters;
use crate::clouds::aws::Refusal;

/// The room that stands in for STS's packed format, which is not public.
const ROOM: usize = 2048;

/// How much of the room is taken, in percent; nothing if there is nothing to pack.
pub(in crate::clouds::aws) fn packed_size(parameters: &Parameters) -> Result<Option<usize>, Refusal> {
    let policy = parameters.get("Policy");
    let arns = parameters.members("PolicyArns", ".arn");
    let tags = parameters.tags();
    if policy.is_none() && arns.is_empty() && tags.is_empty() {
        return Ok(None);
    }
    if let Some(policy) = policy {
        check_syntax(policy)?;
    }
    check_arns(&arns)?;
    check_tags(&tags)?;
    let plain = policy.map_or(0, |policy| policy.chars().filter(|c| !c.is_whitespace()).count())
        + arns.iter().map(|arn| arn.len()).sum::<usize>()
        + tags.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    match (plain * 100).div_ceil(ROOM) {
        percent @ ..=100 => Ok(Some(percent)),
        percent => Err(Refusal::new(
            400,
            "PackedPolicyTooLarge",
            format!("Packed policy consumes {percent}% of allotted space, please use smaller policy."),
        )),
    }
}

fn check_syntax(policy: &str) -> Result<(), Refusal> {
    let malformed = |message: &str| Refusal::new(400, "MalformedPolicyDocument", message);
    let document: Value =
        serde_json::from_str(policy).map_err(|_| malformed("This policy contains invalid Json"))?;
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.as_slice(),
        one @ Value::Object(_) => std::slice::from_ref(one),
        _ => return Err(malformed("Syntax errors in policy.")),
    };
    let complete = |statement: &Value| {
        matches!(statement["Effect"].as_str(), Some("Allow" | "Deny"))
            && (statement.get("Action").is_some() || statement.get("NotAction").is_some())
            && (statement.get("Resource").is_some() || statement.get("NotResource").is_some())
    };
    if statements.iter().all(complete) { Ok(()) } else { Err(malformed("Syntax errors in policy.")) }
}

fn check_arns(arns: &[&str]) -> Result<(), Refusal> {
    if arns.len() > 10 {
        return Err(Refusal::validation(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have \
             length less than or equal to 10",
        ));
    }
    match arns.iter().find(|arn| !arn.starts_with("arn:") || !arn.contains(":policy/")) {
        None => Ok(()),
        Some(arn) => Err(Refusal::validation(format!("ARN {arn} is not valid."))),
    }
}

fn check_tags(tags: &[(&str, &str)]) -> Result<(), Refusal> {
    let out_of_limits =
        |&&(key, value): &&(&str, &str)| key.is_empty() || key.len() > 128 || value.len() > 256;
    if tags.len() > 50 || tags.iter().any(|tag| out_of_limits(&tag)) {
        return Err(Refusal::validation(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: at most 50 tags, keys of 1 \
             to 128 and values of at most 256 characters",
        ));
    }
    Ok(())
}
