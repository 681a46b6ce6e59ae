//! The provider in a pool: the name under which Google knows the issuer of the ID tokens.
//!
//! Most first set-ups fail at this name: the console shows the project by its id, and pages of a pool and of a provider
//! look alike. Google then answers with one and the same sentence, so what can be seen here is said here.

use std::fmt;

use evercred_core::BuildError;
use serde::{Deserialize, Deserializer, de};

/// A provider in a pool of workload or workforce identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// The service that the name belongs to, `iam.googleapis.com`.
    service: String,
    /// The number of the project that the pool is in; workforce pools belong to an organisation.
    project: Option<String>,
    pool: String,
    provider: String,
}

const SERVICE: &str = "iam.googleapis.com";
const FULL: &str = "Write it in full, like \"projects/123456789012/locations/global/workloadIdentityPools/POOL/providers/NAME\" \
                    (\"gcloud iam workload-identity-pools providers list\" shows it as `name`).";
const NUMBER: &str = "\"gcloud projects describe PROJECT --format='value(projectNumber)'\" shows the number.";

impl Resource {
    /// The provider that the three keys name: one alone in full, or three short ones.
    pub(crate) fn from_config(
        provider: &str,
        pool: Option<&str>,
        number: Option<&ProjectNumber>,
    ) -> Result<Self, BuildError> {
        if provider.contains('/') {
            if pool.is_some() || number.is_some() {
                let key = if pool.is_some() { "pool" } else { "project_number" };
                return Err(BuildError::at(
                    key,
                    format!("`provider` names the {} already", key.replace('_', "'s ")),
                )
                .hint("Leave it out, or write the provider's short name alone as `provider`."));
            }
            return Self::parse(provider);
        }
        let lacking = |key| {
            Err(BuildError::at("provider", format!("{provider:?} alone does not say which {key} it is in"))
                .hint(format!("{FULL} Or set `pool` and `project_number` beside it.")))
        };
        let Some(pool) = pool else { return lacking("pool") };
        let Some(number) = number else { return lacking("project") };
        Ok(Self {
            service: SERVICE.to_owned(),
            project: Some(number.0.clone()),
            pool: short("pool", pool)?,
            provider: short("provider", provider)?,
        })
    }

    fn parse(text: &str) -> Result<Self, BuildError> {
        let (service, path) = split_service(text);
        let wrong = |what: String| Err(BuildError::at("provider", what));
        let parts: Vec<&str> = path.split('/').collect();
        let (project, rest) = match parts.as_slice() {
            ["projects", number, rest @ ..] => (Some(number.parse::<ProjectNumber>()), rest),
            rest => (None, rest),
        };
        let project = match project.transpose() {
            Ok(number) => number,
            Err(what) => return wrong(what).map_err(|error| error.hint(NUMBER)),
        };
        let kind = if project.is_some() { "workloadIdentityPools" } else { "workforcePools" };
        match rest {
            ["locations", "global", found, pool, "providers", provider] if *found == kind => Ok(Self {
                service: service.to_owned(),
                project: project.map(|number| number.0),
                pool: short("provider", pool)?,
                provider: short("provider", provider)?,
            }),
            ["locations", "global", found, pool] | ["locations", "global", found, pool, "providers"]
                if *found == kind =>
            {
                wrong(format!("{text:?} names the pool {pool:?}, but no provider in it")).map_err(|error| {
                    error.hint(format!("Add \"/providers/\" and the provider's name. {FULL}"))
                })
            }
            _ => wrong(format!("{text:?} is not the name of a provider in a pool"))
                .map_err(|error| error.hint(FULL)),
        }
    }

    /// The name without the service in front: what the console and gcloud show.
    pub(crate) fn path(&self) -> String {
        format!("{}/providers/{}", self.pool_path(), self.provider)
    }

    /// What the Security Token Service calls the audience: the name with its service.
    pub(crate) fn audience(&self) -> String {
        format!("//{}/{}", self.service, self.path())
    }

    /// The ID token's audience that every provider accepts unless it was told others. Workforce providers have none:
    /// they accept the client that they were set up with.
    pub(crate) fn default_token_audience(&self) -> Option<String> {
        self.project.is_some().then(|| format!("https:{}", self.audience()))
    }

    /// What Google calls the pool as a trust domain: a name without slashes for identities that are no service account
    /// (<https://cloud.google.com/iam/docs/managed-workload-identities>).
    pub(crate) fn trust_domain(&self) -> String {
        match &self.project {
            Some(number) => format!("{}.global.{number}.workload.id.goog", self.pool),
            None => format!("{}.global.workforce.id.goog", self.pool),
        }
    }

    /// Whom Google makes of the ID token's `subject`, if the provider maps `google.subject` to `assertion.sub`, as
    /// nearly all do.
    pub(crate) fn principal(&self, subject: &str) -> String {
        format!("principal://{}/{}/subject/{subject}", self.service, self.pool_path())
    }

    pub(crate) fn is_workforce(&self) -> bool {
        self.project.is_none()
    }

    pub(crate) fn project_number(&self) -> Option<&str> {
        self.project.as_deref()
    }

    pub(crate) fn pool(&self) -> &str {
        &self.pool
    }

    pub(crate) fn name(&self) -> &str {
        &self.provider
    }

    fn pool_path(&self) -> String {
        match &self.project {
            Some(number) => format!("projects/{number}/locations/global/workloadIdentityPools/{}", self.pool),
            None => format!("locations/global/workforcePools/{}", self.pool),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// The name is pasted with its service, as a URL, or without.
fn split_service(text: &str) -> (&str, &str) {
    let rest = text.strip_prefix("https:").unwrap_or(text);
    match rest.strip_prefix("//").and_then(|rest| rest.split_once('/')) {
        Some((service, path)) => (service, path),
        None => (SERVICE, text.trim_start_matches('/')),
    }
}

fn short(key: &'static str, text: &str) -> Result<String, BuildError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !text.is_empty() && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err(BuildError::at(key, format!("{text:?} is not a short name of a pool or provider"))
        .hint("Such names have lower-case letters, digits and dashes only."))
}

/// The number of a project: digits, as a number or in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectNumber(String);

impl std::str::FromStr for ProjectNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("{text:?} is the id of a project, and its number is needed"))
    }
}

impl<'de> Deserialize<'de> for ProjectNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Digits)
    }
}

struct Digits;

impl de::Visitor<'_> for Digits {
    type Value = ProjectNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a project")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ProjectNumber, E> {
        text.parse().map_err(|what| E::custom(format!("{what}; write its digits: {NUMBER}")))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<ProjectNumber, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<ProjectNumber, E> {
        Ok(ProjectNumber(number.to_string()))
    }
}

impl schemars::JsonSchema for ProjectNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ProjectNumber".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"], "pattern": "^[0-9]+$", "minimum": 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL_NAME: &str = "projects/1234/locations/global/workloadIdentityPools/ona/providers/main";

    fn problem(provider: &str) -> (String, String) {
        let error = Resource::from_config(provider, None, None).unwrap_err();
        assert_eq!(error.key, Some("provider"));
        (error.message, error.hint.unwrap())
    }

    #[test]
    fn every_way_to_write_the_full_name_is_the_same_name() {
        for text in [
            FULL_NAME.to_owned(),
            format!("/{FULL_NAME}"),
            format!("//iam.googleapis.com/{FULL_NAME}"),
            format!("https://iam.googleapis.com/{FULL_NAME}"),
        ] {
            let resource = Resource::from_config(&text, None, None).unwrap();
            assert_eq!(resource.path(), FULL_NAME);
            assert_eq!(resource.audience(), format!("//iam.googleapis.com/{FULL_NAME}"));
            assert_eq!(
                resource.default_token_audience(),
                Some(format!("https://iam.googleapis.com/{FULL_NAME}"))
            );
        }
    }

    #[test]
    fn three_short_names_make_the_full_one() {
        let number = "1234".parse().unwrap();
        let resource = Resource::from_config("main", Some("ona"), Some(&number)).unwrap();
        assert_eq!(resource.path(), FULL_NAME);
        let principal = "principal://iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/ona/subject/me";
        assert_eq!(resource.principal("me"), principal);
    }

    #[test]
    fn a_workforce_provider_belongs_to_no_project() {
        let name = "locations/global/workforcePools/staff/providers/ona";
        let resource = Resource::from_config(name, None, None).unwrap();
        assert!(resource.is_workforce() && resource.default_token_audience().is_none());
        assert_eq!(
            resource.principal("me"),
            "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/me"
        );
    }

    #[test]
    fn the_id_of_a_project_is_told_from_its_number() {
        let (message, hint) =
            problem("projects/acme-dev/locations/global/workloadIdentityPools/ona/providers/main");
        assert_eq!(message, "\"acme-dev\" is the id of a project, and its number is needed");
        assert!(hint.contains("projectNumber"), "{hint}");
    }

    #[test]
    fn a_pool_is_told_from_a_provider() {
        for end in ["", "/providers"] {
            let (message, hint) =
                problem(&format!("projects/1234/locations/global/workloadIdentityPools/ona{end}"));
            assert!(message.ends_with("names the pool \"ona\", but no provider in it"), "{message}");
            assert!(hint.contains("/providers/"), "{hint}");
        }
    }

    #[test]
    fn what_is_no_provider_is_refused_with_the_form() {
        for text in [
            "projects/1/locations/eu/workloadIdentityPools/a/providers/b",
            "projects/1/locations/global/workforcePools/a/providers/b",
            "locations/global/workloadIdentityPools/a/providers/b",
            "projects/1/locations/global/workloadIdentityPools/a/providers/b/c",
            "projects/1/locations/global/workloadIdentityPools/A/providers/b",
            "projects/1/serviceAccounts/me",
        ] {
            let (_, hint) = problem(text);
            assert!(!hint.is_empty(), "{text}");
        }
        assert!(problem("main").1.contains("`pool` and `project_number`"));
    }

    #[test]
    fn a_full_name_beside_short_ones_is_refused_at_the_short_one() {
        let error = Resource::from_config(FULL_NAME, Some("ona"), None).unwrap_err();
        assert_eq!(error.key, Some("pool"));
    }
}
