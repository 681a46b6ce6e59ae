//! The name a session carries in AWS's audit logs (`CloudTrail`) and in its ARN.

use std::fmt;

use evercred_core::Claims;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The name of a session: 2 to 64 letters, digits, or any of `_+=,.@-`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("pattern" = r"^[A-Za-z0-9_+=,.@-]{2,64}$"))]
pub struct SessionName(String);

/// What AWS allows.
const LENGTH: std::ops::RangeInclusive<usize> = 2..=64;

impl SessionName {
    /// A name that tells an auditor which workspace, job or pod the session belongs to.
    pub(crate) fn from_claims(claims: &Claims) -> Self {
        let identity = workspace(claims).or_else(|| job(claims)).or_else(|| pod(claims));
        let identity = identity.or_else(|| claims.subject().map(str::to_owned));
        Self::fitting(&identity.unwrap_or_default())
    }

    /// The nearest valid name. One that had to be cut keeps its end, where identifiers are most specific, and gets
    /// a hash of the whole, so that two of them stay apart.
    fn fitting(identity: &str) -> Self {
        let clean = clean(identity);
        if LENGTH.contains(&clean.len()) {
            return Self(clean);
        }
        if clean.len() < *LENGTH.start() {
            return Self(format!("evercred{clean}"));
        }
        let hash = hash(identity);
        let kept = LENGTH.end() - hash.len() - 1;
        let end = clean[clean.len() - kept..].trim_start_matches('-');
        Self(format!("{end}-{hash}"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Gitpod and Ona say outright which workspace it is.
fn workspace(claims: &Claims) -> Option<String> {
    claims.text("workspace_id").or_else(|| claims.text("environment_id")).map(str::to_owned)
}

/// A CI job: what it builds, and which run of it. GitHub Actions, then GitLab.
fn job(claims: &Claims) -> Option<String> {
    let pairs = [("repository", "run_id"), ("project_path", "job_id")];
    pairs.iter().find_map(|(what, which)| Some(format!("{}-{}", claims.text(what)?, claims.text(which)?)))
}

/// A Kubernetes pod, or else its service account.
fn pod(claims: &Claims) -> Option<String> {
    let cluster = claims.all().get("kubernetes.io")?;
    let name = |kind: &str| cluster.get(kind)?.get("name")?.as_str();
    let namespace = cluster.get("namespace")?.as_str()?;
    Some(format!("{namespace}-{}", name("pod").or_else(|| name("serviceaccount"))?))
}

/// Replaces each run of characters that AWS does not take by one hyphen.
fn clean(identity: &str) -> String {
    let mut clean = String::with_capacity(identity.len());
    for c in identity.chars() {
        if is_allowed(c) {
            clean.push(c);
        } else if !clean.is_empty() && !clean.ends_with('-') {
            clean.push('-');
        }
    }
    clean.trim_end_matches('-').to_owned()
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

fn hash(identity: &str) -> String {
    Sha256::digest(identity.as_bytes()).iter().take(4).fold(String::new(), |text, byte| {
        let digits = format!("{byte:02x}");
        text + &digits
    })
}

impl TryFrom<String> for SessionName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if LENGTH.contains(&text.len()) && text.chars().all(is_allowed) {
            return Ok(Self(text));
        }
        Err(format!("{text:?} cannot name a session: 2 to 64 letters, digits, or any of _+=,.@- are allowed"))
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use evercred_core::IdToken;

    use super::*;

    fn name(claims: &str) -> String {
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        SessionName::from_claims(IdToken::parse(&token).unwrap().claims()).to_string()
    }

    #[test]
    fn every_platform_gets_its_most_telling_name() {
        for (claims, expected) in [
            (r#"{"workspace_id":"acme-app-x1","sub":"https://github.com/acme/app"}"#, "acme-app-x1"),
            (r#"{"environment_id":"0195a","sub":"organization_id:1:project_id:2"}"#, "0195a"),
            (r#"{"repository":"acme/app","run_id":"77","sub":"repo:acme/app"}"#, "acme-app-77"),
            (r#"{"project_path":"acme/app","job_id":"5","sub":"project_path:acme/app"}"#, "acme-app-5"),
            (
                r#"{"kubernetes.io":{"namespace":"ci","pod":{"name":"run-0"},"serviceaccount":{"name":"d"}}}"#,
                "ci-run-0",
            ),
            (r#"{"kubernetes.io":{"namespace":"ci","serviceaccount":{"name":"default"}}}"#, "ci-default"),
            (r#"{"sub":"org:1/prj:2/env:3"}"#, "org-1-prj-2-env-3"),
            (r#"{"sub":"é"}"#, "evercred"),
            (r#"{"sub":"x"}"#, "evercredx"),
            ("{}", "evercred"),
        ] {
            assert_eq!(name(claims), expected, "{claims}");
        }
    }

    #[test]
    fn names_that_had_to_be_cut_stay_apart_and_keep_their_end() {
        let long = |middle: char| format!(r#"{{"sub":"{}{middle}{}"}}"#, "a".repeat(40), "/env".repeat(20));
        let (one, other) = (name(&long('1')), name(&long('2')));
        assert_ne!(one, other);
        assert!(one.contains("env-env-"), "{one}");
    }

    #[test]
    fn every_derived_name_is_one_that_config_would_accept() {
        for length in 0..200 {
            for filler in ["a", "/", "é", "-", "a/", "a:b@"] {
                let identity: String = filler.chars().cycle().take(length).collect();
                let name = SessionName::fitting(&identity).to_string();
                assert_eq!(SessionName::try_from(name.clone()).map(|name| name.to_string()), Ok(name));
            }
        }
    }

    #[test]
    fn names_that_aws_would_refuse_are_refused() {
        for text in ["", "a", "a b", "a/b", "é1", &"a".repeat(65)] {
            assert!(SessionName::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
