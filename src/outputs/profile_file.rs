//! The two files in which AWS SDKs and CLIs look for profiles, and what in them makes a credential.
//!
//! See the [AWS reference](https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html) for both formats.

use std::path::{Path, PathBuf};

use evercred_core::{BuildError, Environment};

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProfileFile {
    Config,
    Credentials,
}

impl ProfileFile {
    /// Where it is for the programs of this user.
    pub(super) fn path(self, environment: &Environment) -> Result<PathBuf, BuildError> {
        let variable = self.variable();
        let path = environment.expand(environment.get(variable).unwrap_or(self.usual()));
        if path.is_absolute() {
            return Ok(path);
        }
        let message = format!("`{}` is not an absolute path", path.display());
        Err(BuildError { key: None, message, hint: None }
            .hint(format!("Set HOME, or set {variable} to the absolute path of the file.")))
    }

    /// What moves it.
    pub(super) const fn variable(self) -> &'static str {
        match self {
            Self::Config => "AWS_CONFIG_FILE",
            Self::Credentials => "AWS_SHARED_CREDENTIALS_FILE",
        }
    }

    /// Where it is unless it was moved.
    pub(super) const fn usual(self) -> &'static str {
        match self {
            Self::Config => "~/.aws/config",
            Self::Credentials => "~/.aws/credentials",
        }
    }

    /// The titles of a profile's section; the first is the one to write.
    pub(super) fn titles(self, profile: &str) -> Vec<String> {
        let mut titles = Vec::new();
        if self == Self::Credentials || profile == "default" {
            titles.push(profile.to_owned());
        }
        if self == Self::Config {
            titles.extend([format!("profile {profile}"), format!("profile \"{profile}\"")]);
        }
        titles
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Config => Self::Credentials,
            Self::Credentials => Self::Config,
        }
    }
}

/// Whether a key of a profile says, alone or with others, where credentials come from. A profile must have one
/// such mechanism in both files together: which of two wins differs from SDK to SDK.
pub(super) fn is_mechanism(key: &str) -> bool {
    is_static(key)
        || key.starts_with("sso_")
        || matches!(
            key,
            "credential_process"
                | "credential_source"
                | "login_session"
                | "role_arn"
                | "source_profile"
                | "web_identity_token_file"
        )
}

/// Whether a key of a profile is a part of a credential itself.
pub(super) fn is_static(key: &str) -> bool {
    matches!(key, "aws_access_key_id" | "aws_secret_access_key" | "aws_session_token" | "aws_security_token")
}

/// Checks a profile's name: what every reader takes without quotes.
pub(super) fn check_name(profile: &str) -> Result<(), BuildError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@%+:".contains(c);
    if !profile.is_empty() && profile.chars().all(plain) {
        return Ok(());
    }
    Err(BuildError::at("profile", format!("`{profile}` is not a profile name that every AWS SDK reads"))
        .hint("Use letters, digits and `_ - . / @ % + :` only."))
}

/// Checks a region's name.
pub(super) fn check_region(region: &str) -> Result<(), BuildError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !region.is_empty() && region.chars().all(plain) {
        return Ok(());
    }
    Err(BuildError::at("region", format!("`{region}` is not an AWS region"))
        .hint("Regions look like `eu-west-1`."))
}

/// Checks a path that a profile names: as a value, and in double quotes in a command line, it must mean the same to
/// every SDK.
pub(super) fn check_path(path: &Path) -> Result<&str, BuildError> {
    let special = |c: char| c.is_control() || matches!(c, '"' | '\\' | '$' | '`');
    // Some SDKs take the rest of a line for a comment from here on.
    let comment = |text: &str| [" #", " ;"].iter().any(|start| text.contains(start));
    path.to_str().filter(|text| !text.contains(special) && !comment(text)).ok_or_else(|| BuildError {
        key: None,
        message: format!("the path {} has characters that AWS SDKs read differently", path.display()),
        hint: Some(
            "Move it to a path without quotes, backslashes, `$`, backticks, ` #`, ` ;` and line breaks."
                .to_owned(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_of_aws_move_the_files() {
        let environment: Environment =
            [("HOME", "/home/dev"), ("AWS_CONFIG_FILE", "~/aws.ini")].into_iter().collect();
        assert_eq!(ProfileFile::Config.path(&environment).unwrap(), PathBuf::from("/home/dev/aws.ini"));
        let usual = ProfileFile::Credentials.path(&environment).unwrap();
        assert_eq!(usual, PathBuf::from("/home/dev/.aws/credentials"));
    }

    #[test]
    fn a_machine_without_a_home_is_told_what_to_set() {
        let error = ProfileFile::Config.path(&Environment::default()).unwrap_err();
        assert_eq!(
            error.hint.as_deref(),
            Some("Set HOME, or set AWS_CONFIG_FILE to the absolute path of the file.")
        );
    }

    #[test]
    fn names_that_could_break_out_of_their_line_are_refused() {
        for name in ["", "a b", "a]", "a\nb", "a\"b"] {
            assert!(check_name(name).is_err(), "{name:?}");
            assert!(check_region(name).is_err(), "{name:?}");
        }
    }
}
