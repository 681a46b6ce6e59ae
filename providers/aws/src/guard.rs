//! Whose session it is, compared with whose it should be.

use evercred_core::{Advice, Failure};

use crate::RoleArn;

/// Refuses a session of another account or role than the config names.
///
/// An ARN of a shape that is not known passes: better to let one through than to refuse a good session.
pub(crate) fn compare(arn: &str, expected: &RoleArn, place: &str) -> Result<(), Failure> {
    let Some((account, name)) = account_and_role(arn) else { return Ok(()) };
    let role_fits = name.is_none_or(|name| name.eq_ignore_ascii_case(expected.name()));
    if account == expected.account() && role_fits {
        return Ok(());
    }
    let message = format!("the session is {arn}, not one of {expected}");
    Err(Failure::new("accept the new session", place, Advice::NeedsAttention)
        .message(message)
        .hint("Check `role_arn`, `chain` and `endpoint_url`. What was there before is kept."))
}

/// The account and, if it is a session of a role or a role, that role's name.
fn account_and_role(arn: &str) -> Option<(&str, Option<&str>)> {
    let mut parts = arn.splitn(6, ':').skip(4);
    let (account, resource) = (parts.next()?, parts.next()?);
    let name = match resource.split_once('/')? {
        ("assumed-role", rest) => rest.split('/').next(),
        ("role", path) => path.rsplit('/').next(),
        _ => None,
    };
    Some((account, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(arn: &str) -> Result<(), String> {
        let role: RoleArn = "arn:aws:iam::123456789012:role/team/dev".parse().unwrap();
        compare(arn, &role, "here").map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_session_of_the_role_is_accepted_whatever_its_path_and_case() {
        for arn in [
            "arn:aws:sts::123456789012:assumed-role/dev/me",
            "arn:aws:sts::123456789012:assumed-role/DEV/me",
            "arn:aws:iam::123456789012:role/team/dev",
            "something of an imitation",
        ] {
            assert_eq!(outcome(arn), Ok(()), "{arn}");
        }
    }

    #[test]
    fn another_account_or_role_is_refused_and_named() {
        for arn in [
            "arn:aws:sts::210987654321:assumed-role/dev/me",
            "arn:aws:sts::123456789012:assumed-role/admin/me",
            "arn:aws:iam::210987654321:user/me",
        ] {
            assert!(outcome(arn).unwrap_err().contains(arn), "{arn}");
        }
    }
}
