//! Role chaining: from the first role's session to the role that is wanted.
//!
//! AWS ends every chained session after an hour, whatever the role's maximum is
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining>).

use std::collections::BTreeMap;
use std::time::Duration;

use evercred_core::{BuildError, HumanDuration};
use serde::Deserialize;

use crate::config::check_duration;
use crate::policy::check_policy_arns;
use crate::{RoleArn, SessionName, SessionPolicy};

/// One further role, assumed with the session of the role before it.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The ARN of the role. Its trust policy must name the role before it.
    pub role_arn: RoleArn,
    /// The name of the session. By default that of the first session.
    #[serde(default)]
    pub session_name: Option<SessionName>,
    /// What the role's trust policy demands as `sts:ExternalId`, if it does.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Session tags, which policies see as `aws:PrincipalTag/KEY`.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The keys of those tags that the roles further down the chain inherit.
    #[serde(default)]
    pub transitive_tags: Vec<String>,
    /// How long the session lasts, from 15m to 1h. By default the login's `duration` for the last role, and 15m
    /// for those on the way, whose sessions serve one call.
    #[serde(default)]
    pub duration: Option<HumanDuration>,
    /// An IAM policy, as JSON text, that limits the session further.
    #[serde(default)]
    pub policy: Option<SessionPolicy>,
    /// The ARNs of up to 10 managed policies that limit the session further.
    #[serde(default)]
    pub policy_arns: Vec<String>,
}

/// The end that AWS sets to chained sessions.
pub(crate) const LONGEST_CHAINED: Duration = Duration::from_hours(1);

const MOST_TAGS: usize = 50;

impl Link {
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let wrong = |what: String| BuildError::at("chain", format!("{}: {what}", self.role_arn));
        check_duration(self.duration, "chain")?;
        check_policy_arns(&self.policy_arns, "chain")?;
        if self.external_id.as_deref().is_some_and(|id| !is_external_id(id)) {
            let what = "the external id must be 2 to 1224 letters, digits, or any of _+=,.@:/-";
            return Err(wrong(what.to_owned()).hint("Ask the owner of the role for it."));
        }
        if self.tags.len() > MOST_TAGS {
            return Err(wrong(format!("{} session tags, where AWS takes {MOST_TAGS}", self.tags.len())));
        }
        match self.transitive_tags.iter().find(|key| !self.tags.contains_key(*key)) {
            Some(key) => Err(wrong(format!("the transitive tag {key:?} is not among `tags`"))
                .hint("`transitive_tags` lists keys of `tags`.")),
            None => Ok(()),
        }
    }
}

fn is_external_id(id: &str) -> bool {
    (2..=1224).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c))
}
