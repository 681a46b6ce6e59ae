//! Session policies: what a session may do at most, below what its role may.

use evercred_core::BuildError;
use serde::Deserialize;

/// An inline session policy: an IAM policy document, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
pub struct SessionPolicy(String);

/// What AWS allows for the text and the managed policies together.
const LONGEST: usize = 2048;
const MOST_ARNS: usize = 10;

impl SessionPolicy {
    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SessionPolicy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let document: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| format!("the policy is not JSON: {error}"))?;
        if document.get("Statement").is_none() {
            return Err("the policy has no \"Statement\"; it must be an IAM policy document".to_owned());
        }
        // Shortened, since AWS counts white space too.
        let text = document.to_string();
        match text.chars().count() {
            0..=LONGEST => Ok(Self(text)),
            length => Err(format!("the policy has {length} characters; AWS takes up to {LONGEST}")),
        }
    }
}

/// Checks a list of managed policies.
pub(crate) fn check_policy_arns(arns: &[String], key: &'static str) -> Result<(), BuildError> {
    if arns.len() > MOST_ARNS {
        let message = format!("there are {} managed policies; AWS takes up to {MOST_ARNS}", arns.len());
        return Err(BuildError::at(key, message).hint("Join some of them into one policy of your own."));
    }
    match arns.iter().find(|arn| !(arn.starts_with("arn:") && arn.contains(":policy/"))) {
        None => Ok(()),
        Some(arn) => Err(BuildError::at(key, format!("{arn:?} is not the ARN of a managed policy"))
            .hint("Write it like \"arn:aws:iam::aws:policy/ReadOnlyAccess\".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_sent_without_its_white_space() {
        let policy = SessionPolicy::try_from("{ \"Statement\": [\n ] }".to_owned()).unwrap();
        assert_eq!(policy.as_str(), r#"{"Statement":[]}"#);
    }

    #[test]
    fn what_aws_would_refuse_is_refused_here() {
        let long = format!(r#"{{"Statement":["{}"]}}"#, "x".repeat(LONGEST));
        for (text, problem) in [("{", "not JSON"), ("{}", "no \"Statement\""), (&long, "up to 2048")] {
            assert!(SessionPolicy::try_from(text.to_owned()).unwrap_err().contains(problem));
        }
    }

    #[test]
    fn the_managed_policies_are_counted_and_checked() {
        let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
        assert!(check_policy_arns(&vec![arn.clone(); 10], "policy_arns").is_ok());
        assert!(check_policy_arns(&vec![arn; 11], "policy_arns").is_err());
        let error = check_policy_arns(&["ReadOnlyAccess".to_owned()], "policy_arns").unwrap_err();
        assert_eq!(error.key, Some("policy_arns"));
    }
}
