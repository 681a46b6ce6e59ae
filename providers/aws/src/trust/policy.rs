//! The trust policy of the role, and what there is to know about it.

use evercred_core::platform::{Level, Platform, Tenancy};
use evercred_core::trust::{Asked, Binding, Identity, Test};
use serde_json::{Map, Value, json};

use super::{ACCOUNT, PARTITION};
use crate::partition::PARTITIONS;

/// Whom the role trusts.
pub(super) struct Policy {
    /// What a session's conditions are: operator, then key, then value.
    pub(super) condition: Value,
    /// The audience that the identity provider is registered for.
    pub(super) client: String,
    /// Whether a claim besides the subject is tested.
    sees_more: bool,
}

/// GitHub's issuer, of whose tokens AWS looks at more than the subject
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>).
const GITHUB: &str = "token.actions.githubusercontent.com";

impl Policy {
    pub(super) fn new(asked: &Asked<'_>, binding: &Binding) -> Self {
        let identity = asked.identity;
        let issuer = identity.issuer_path();
        // Where there is an authorized party, AWS takes it for the audience.
        let party = identity.claims.text("azp").filter(|party| *party != asked.audience.as_str());
        let client = party.unwrap_or(asked.audience.as_str()).to_owned();
        let (mut equals, mut like) = (Map::new(), Map::new());
        equals.insert(format!("{issuer}:aud"), json!(literal(&client)));
        if party.is_some() {
            equals.insert(format!("{issuer}:oaud"), json!(literal(asked.audience.as_str())));
        }
        for test in &binding.tests {
            match test {
                Test::Subject(text) => equals.insert(format!("{issuer}:sub"), json!(literal(text))),
                Test::SubjectBegins(start) => {
                    like.insert(format!("{issuer}:sub"), json!(format!("{}*", literal(start))))
                }
                Test::Claim { .. } => None,
            };
        }
        // It is documented for the public partition only.
        let is_public = asked.inputs.value(PARTITION) == PARTITIONS[0].name;
        let repository = repository_id(identity).filter(|_| is_public && binding.level < Level::Organisation);
        if let Some(id) = repository {
            equals.insert(format!("{issuer}:repository_id"), json!(id));
        }
        let mut condition = json!({"StringEquals": equals});
        if !like.is_empty() {
            condition["StringLike"] = Value::Object(like);
        }
        Self { condition, client, sees_more: repository.is_some() }
    }

    /// The whole, for an account that may not be known; `ACCOUNT_ID` in its place is refused by IAM.
    pub(super) fn document(&self, asked: &Asked<'_>) -> Value {
        let (partition, issuer) = (asked.inputs.value(PARTITION), asked.identity.issuer_path());
        let account = asked.inputs.get(ACCOUNT).unwrap_or("ACCOUNT_ID");
        self.trusting(&json!(format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}")))
    }

    /// The whole, with the identity provider named so.
    pub(super) fn trusting(&self, provider: &Value) -> Value {
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": self.condition,
            }],
        })
    }

    /// What is AWS's own.
    pub(super) fn notes(&self, asked: &Asked<'_>) -> Vec<String> {
        let identity = asked.identity;
        let mut notes = Vec::new();
        if self.sees_more {
            notes.push(
                "`repository_id` has to be that of the repository as well, an identifier that nobody else is ever given: of \
                 GitHub's tokens AWS looks at more than the subject."
                    .to_owned(),
            );
        }
        if !identity.issuer.starts_with("https://") || identity.issuer_path().contains(':') {
            notes.push(format!(
                "AWS takes only issuers that it can reach by https on the usual port, which {} is not.",
                identity.issuer
            ));
        }
        if identity.tenancy != Tenancy::Own {
            notes.push("Never trust this issuer by its audience alone: everybody can have a token with any audience.".to_owned());
        }
        notes.push(
            "The identity provider needs no thumbprint: AWS trusts the public certificate authorities by itself.".to_owned(),
        );
        notes.push("The role may do nothing yet: attaching permissions is up to you.".to_owned());
        notes
    }
}

fn repository_id<'c>(identity: &Identity<'c>) -> Option<&'c str> {
    let is_github = identity.platform == Platform::GithubActions && identity.issuer_path() == GITHUB;
    identity.claims.text("repository_id").filter(|_| is_github)
}

/// Text as it is, where stars would match anything and `${…}` would be replaced
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>).
fn literal(text: &str) -> String {
    let written = |c: char| match c {
        '*' | '?' | '$' => format!("${{{c}}}"),
        c => c.to_string(),
    };
    text.chars().map(written).collect()
}
