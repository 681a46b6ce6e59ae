//! The account: its number, its OIDC provider and its roles.

use std::time::Duration;

use serde_json::{Value, json};

/// The set-up of AWS: one account with its OIDC provider and roles.
#[derive(Debug, Clone)]
pub struct AwsOptions {
    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The account number.
    pub account: String,
    /// The audiences registered with the account's OIDC provider.
    pub client_ids: Vec<String>,
    /// The roles.
    pub roles: Vec<Role>,
    /// How long sessions really live, whatever was asked for; for tests of rotation.
    pub session_lifetime: Option<Duration>,
}

impl Default for AwsOptions {
    /// Account 123456789012 with the roles `dev`, `long` (12 h), `stranger` (trusts somebody else), and, to be
    /// chained from `dev`, `deploy` and `partner` (wants the external id `sandbox-external-id`).
    fn default() -> Self {
        Self {
            partition: "aws".to_owned(),
            account: "123456789012".to_owned(),
            client_ids: vec!["sts.amazonaws.com".to_owned()],
            roles: vec![
                Role::trusting_subject("dev", "*"),
                Role::trusting_subject("long", "*").max_session(Duration::from_hours(12)),
                Role::trusting_subject("stranger", "somebody-else"),
                Role::trusting_role("deploy", "dev", None),
                Role::trusting_role("partner", "dev", Some("sandbox-external-id")),
            ],
            session_lifetime: None,
        }
    }
}

/// A role: its name and whom it trusts.
#[derive(Debug, Clone)]
pub struct Role {
    /// The name, with its path if it has one (`team/dev`).
    pub name: String,
    /// The trust policy. `<issuer>` in it stands for the sandbox's issuer without its scheme, and `<account>` and
    /// `<partition>` for the account's.
    pub trust: Value,
    /// The longest session; AWS has 1 to 12 hours.
    pub max_session: Duration,
}

impl Role {
    /// A role with this trust policy and sessions of at most an hour.
    pub fn new(name: impl Into<String>, trust: Value) -> Self {
        Self { name: name.into(), trust, max_session: Duration::from_hours(1) }
    }

    /// A role for the platform's tokens whose audience is `sts.amazonaws.com` and whose subject is like `pattern`.
    pub fn trusting_subject(name: impl Into<String>, pattern: &str) -> Self {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": "arn:<partition>:iam::<account>:oidc-provider/<issuer>"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"<issuer>:aud": "sts.amazonaws.com"},
                "StringLike": {"<issuer>:sub": pattern},
            },
        }]});
        Self::new(name, trust)
    }

    /// A role for sessions of the role `other`, with session tags, and with an external id if one is given.
    pub fn trusting_role(name: impl Into<String>, other: &str, external_id: Option<&str>) -> Self {
        let mut statement = json!({
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:<partition>:iam::<account>:role/{other}")},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        });
        if let Some(id) = external_id {
            statement["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
        }
        Self::new(name, json!({"Version": "2012-10-17", "Statement": [statement]}))
    }

    /// With sessions of at most so long.
    #[must_use]
    pub fn max_session(mut self, longest: Duration) -> Self {
        self.max_session = longest;
        self
    }
}

impl AwsOptions {
    /// The ARN of a role, by its name.
    pub(crate) fn role_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition, self.account)
    }

    /// The role with this ARN.
    pub(super) fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.iter().find(|role| self.role_arn(&role.name) == arn)
    }

    /// The ARN of a session; it has the role's name without its path.
    pub(super) fn session_arn(&self, role: &Role, session_name: &str) -> String {
        let name = role.name.rsplit('/').next().unwrap_or_default();
        format!("arn:{}:sts::{}:assumed-role/{name}/{session_name}", self.partition, self.account)
    }

    /// The ARN that stands for the whole account.
    pub(super) fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.account)
    }

    /// The ARN of the account's OIDC provider.
    pub(super) fn provider_arn(&self, issuer: &str) -> String {
        format!("arn:{}:iam::{}:oidc-provider/{}", self.partition, self.account, Self::issuer_path(issuer))
    }

    /// An issuer as IAM names it: without its scheme.
    pub(super) fn issuer_path(issuer: &str) -> &str {
        issuer.split_once("://").map_or(issuer, |(_, path)| path)
    }

    /// A role's trust policy, its place holders filled in.
    pub(super) fn trust_policy(&self, role: &Role, issuer: &str) -> Value {
        let text = role.trust.to_string();
        let filled = text
            .replace("<issuer>", Self::issuer_path(issuer))
            .replace("<account>", &self.account)
            .replace("<partition>", &self.partition);
        serde_json::from_str(&filled).unwrap_or_default()
    }
}
