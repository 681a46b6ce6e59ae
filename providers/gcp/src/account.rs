//! Service accounts by their email addresses.

use std::fmt;

use serde::Deserialize;

/// The email address of a service account, such as `dev@acme.iam.gserviceaccount.com`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
pub struct ServiceAccount(#[schemars(with = "String")] String);

impl ServiceAccount {
    /// The address.
    pub fn email(&self) -> &str {
        &self.0
    }

    /// The id of the project it belongs to, where the address says so: those of Compute Engine name a number instead,
    /// and those of projects of a domain write it in another way.
    pub fn project(&self) -> Option<&str> {
        let (name, host) = self.0.split_once('@')?;
        let project = match host.strip_suffix(".iam.gserviceaccount.com") {
            Some(project) => project,
            None if host == "appspot.gserviceaccount.com" => name,
            None => return None,
        };
        (!project.contains('.')).then_some(project)
    }

    /// Its name in requests: the project is found by the address.
    pub(crate) fn resource(&self) -> String {
        format!("projects/-/serviceAccounts/{}", self.0)
    }
}

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ServiceAccount {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let plain = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        match text.split_once('@') {
            Some((name, host)) if plain(name) && plain(host) && host.contains('.') => Ok(Self(text)),
            _ => Err(format!(
                "{text:?} is not the address of a service account; write it like \"dev@acme.iam.gserviceaccount.com\""
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(email: &str) -> Option<String> {
        ServiceAccount::try_from(email.to_owned()).unwrap().project().map(str::to_owned)
    }

    #[test]
    fn the_project_is_read_from_the_address_where_it_stands_there() {
        assert_eq!(project("dev@acme.iam.gserviceaccount.com").as_deref(), Some("acme"));
        assert_eq!(project("acme@appspot.gserviceaccount.com").as_deref(), Some("acme"));
        assert_eq!(project("123-compute@developer.gserviceaccount.com"), None);
        assert_eq!(project("dev@team.acme.com.iam.gserviceaccount.com"), None);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "dev", "dev@", "dev@acme", "user:dev@acme.com", "a/b@acme.com", "dev@acme.com?x"] {
            assert!(ServiceAccount::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
