//! The names of roles and accounts, checked when the config is read.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::partition::{PARTITIONS, Partition};

/// The ARN of a role, such as `arn:aws:iam::123456789012:role/dev`.
#[derive(Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[!-~]+$"))]
pub struct RoleArn {
    text: String,
    #[schemars(skip)]
    partition: &'static Partition,
}

const EXAMPLE: &str = "arn:aws:iam::123456789012:role/NAME";

impl RoleArn {
    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The account that the role belongs to: 12 digits.
    pub fn account(&self) -> &str {
        self.text.split(':').nth(4).unwrap_or_default()
    }

    /// The role's name, without its path.
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// What stands before the name, with a slash on both sides.
    pub(crate) fn path(&self) -> &str {
        let resource = self.text.splitn(6, ':').nth(5).unwrap_or_default();
        let path = resource.strip_prefix("role").unwrap_or_default();
        &path[..path.len() - self.name().len()]
    }

    pub(crate) fn partition(&self) -> &'static Partition {
        self.partition
    }
}

impl FromStr for RoleArn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match partition_of_role(text) {
            Ok(partition) => Ok(Self { text: text.to_owned(), partition }),
            Err(problem) => {
                Err(format!("{text:?} is not the ARN of a role: {problem}; write it like {EXAMPLE:?}"))
            }
        }
    }
}

fn partition_of_role(text: &str) -> Result<&'static Partition, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let &[arn, partition, service, region, account, resource] = parts.as_slice() else {
        return Err(format!("it has {} of the 6 parts that are joined by colons", parts.len()));
    };
    if arn != "arn" {
        return Err(format!("it begins with {arn:?} instead of \"arn\""));
    }
    let partition = Partition::named(partition).ok_or_else(|| unknown_partition(partition))?;
    if service != "iam" {
        return Err(wrong_service(service, resource));
    }
    if !region.is_empty() {
        return Err(format!("it names the region {region:?}, but roles belong to no region (\"iam::\")"));
    }
    check_account(account)?;
    check_role(resource)?;
    Ok(partition)
}

fn unknown_partition(found: &str) -> String {
    let known: Vec<&str> = PARTITIONS.iter().map(|partition| partition.name).collect();
    format!("there is no partition {found:?}, only {}", known.join(", "))
}

fn wrong_service(service: &str, resource: &str) -> String {
    if resource.starts_with("assumed-role/") {
        return "it names a session of a role, not the role itself".to_owned();
    }
    format!("its service is {service:?} instead of \"iam\"")
}

fn check_account(account: &str) -> Result<(), String> {
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(format!("the account {account:?} is not 12 digits long"))
}

fn check_role(resource: &str) -> Result<(), String> {
    let Some(path) = resource.strip_prefix("role/") else {
        let kind = resource.split('/').next().unwrap_or_default();
        return Err(format!("it names a {kind:?} instead of a \"role/\""));
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    let printable = path.bytes().all(|byte| byte.is_ascii_graphic());
    let regular = name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
    if printable && regular && (1..=64).contains(&name.len()) {
        return Ok(());
    }
    Err(format!("{name:?} cannot be a role's name (1 to 64 letters, digits, or any of _+=,.@-)"))
}

impl TryFrom<String> for RoleArn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// The number of an AWS account: 12 digits, quoted, as it may begin with zeros.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = "^[0-9]{12}$"))]
pub struct AccountId(String);

impl AccountId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        check_account(&text).map(|()| Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_every_partition_and_path_are_accepted() {
        for (text, account, name) in [
            ("arn:aws:iam::123456789012:role/dev", "123456789012", "dev"),
            ("arn:aws:iam::000000000000:role/Full", "000000000000", "Full"),
            ("arn:aws-cn:iam::123456789012:role/team/a/dev", "123456789012", "dev"),
            ("arn:aws-us-gov:iam::123456789012:role/a+b=c,d.e@f-g_h", "123456789012", "a+b=c,d.e@f-g_h"),
        ] {
            let role: RoleArn = text.parse().unwrap();
            assert_eq!((role.account(), role.name(), role.as_str()), (account, name, text));
        }
    }

    #[test]
    fn each_typo_is_named() {
        for (text, problem) in [
            ("dev", "1 of the 6 parts"),
            ("arn:aws:iam:123456789012:role/dev", "5 of the 6 parts"),
            ("ARN:aws:iam::123456789012:role/dev", "begins with \"ARN\""),
            ("arn:aws-ch:iam::123456789012:role/dev", "no partition \"aws-ch\""),
            ("arn:aws:sts::123456789012:assumed-role/dev/me", "a session of a role"),
            ("arn:aws:s3::123456789012:role/dev", "service is \"s3\""),
            ("arn:aws:iam:eu-west-1:123456789012:role/dev", "region \"eu-west-1\""),
            ("arn:aws:iam::12345678901:role/dev", "\"12345678901\" is not 12 digits"),
            ("arn:aws:iam::123456789012:user/dev", "names a \"user\""),
            ("arn:aws:iam::123456789012:role/", "cannot be a role's name"),
            ("arn:aws:iam::123456789012:role/dev ", "cannot be a role's name"),
        ] {
            let message = text.parse::<RoleArn>().unwrap_err();
            assert!(message.contains(problem) && message.contains(EXAMPLE), "{message}");
        }
    }
}
