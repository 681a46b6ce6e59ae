//! AWS STS.

use std::time::Duration;

use serde_json::{Value, json};

/// The set-up of AWS: one account with its OIDC provider and roles.
#[derive(Debug, Clone)]
pub struct AwsOptions {
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
            account: "123456789012".to_owned(),
            client_ids: vec!["sts.amazonaws.com".to_owned()],
            roles: vec![
                Role::trusting_subject("dev", "*"),
                Role::trusting_subject("long", "*").max_session(Duration::from_secs(12 * 3600)),
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
    /// The trust policy. `<issuer>` in it stands for the sandbox's issuer without its scheme, and `<account>` for
    /// the account number.
    pub trust: Value,
    /// The longest session; AWS has 1 to 12 hours.
    pub max_session: Duration,
}

impl Role {
    /// A role with this trust policy and sessions of at most an hour.
    pub fn new(name: impl Into<String>, trust: Value) -> Self {
        Self { name: name.into(), trust, max_session: Duration::from_secs(3600) }
    }

    /// A role for the platform's tokens whose audience is `sts.amazonaws.com` and whose subject is like `pattern`.
    pub fn trusting_subject(name: impl Into<String>, pattern: &str) -> Self {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": "arn:aws:iam::<account>:oidc-provider/<issuer>"},
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
            "Principal": {"AWS": format!("arn:aws:iam::<account>:role/{other}")},
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
