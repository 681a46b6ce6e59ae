//! The config of an AWS login, and the provider built from it.

use std::sync::Arc;
use std::time::Duration;

use evercred_core::{Audience, BuildError, Configured, HumanDuration, Lifetime, Provider};
use evercred_http::{BuildContext, ClientOptions, ProxyUrl};
use serde::Deserialize;

use crate::chain::{LONGEST_CHAINED, Link};
use crate::policy::check_policy_arns;
use crate::provider::Aws;
use crate::settings::Settings;
use crate::sts::Sts;
use crate::{AccountId, RoleArn, SessionName, SessionPolicy};

/// A login to AWS: a role whose session is kept fresh.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AwsLogin")]
pub struct Config {
    /// The ARN of the role. Its trust policy must allow `sts:AssumeRoleWithWebIdentity` to the identity provider
    /// of this machine's ID tokens.
    pub role_arn: RoleArn,
    /// The audience of the ID token. By default `sts.amazonaws.com`, in China `sts.amazonaws.com.cn`.
    #[serde(default)]
    pub audience: Option<Audience>,
    /// The name of the session in AWS's audit logs: 2 to 64 letters, digits, or any of `_+=,.@-`. By default it
    /// comes from the ID token: the workspace, the CI job, the pod, or else the subject.
    #[serde(default)]
    pub session_name: Option<SessionName>,
    /// How long a session lasts, from 15m to 12h. By default 1h. If the role allows less, 1h is taken; with a
    /// `chain`, 1h is the most.
    #[serde(default)]
    pub duration: Option<HumanDuration>,
    /// The region whose STS is asked, and which the session's outputs name. By default from `AWS_REGION`,
    /// `AWS_DEFAULT_REGION`, the AWS profile, or else the main region of the role's partition.
    #[serde(default)]
    pub region: Option<String>,
    /// Another address for STS. By default from `AWS_ENDPOINT_URL_STS`, `AWS_ENDPOINT_URL`, the AWS profile, or
    /// else the regional endpoint.
    #[serde(default)]
    pub endpoint_url: Option<String>,
    /// A PEM file of certificate authorities to trust besides the system's. By default from `AWS_CA_BUNDLE` or
    /// the AWS profile.
    #[serde(default)]
    pub ca_bundle: Option<String>,
    /// The proxy to use, instead of what `HTTPS_PROXY` and `NO_PROXY` say.
    #[serde(default)]
    pub proxy: Option<ProxyUrl>,
    /// Whether to use the endpoints that are certified after FIPS 140. By default from `AWS_USE_FIPS_ENDPOINT` or
    /// the AWS profile.
    #[serde(default)]
    pub use_fips: Option<bool>,
    /// An IAM policy, as JSON text, that limits what the session may do below what the role may.
    #[serde(default)]
    pub policy: Option<SessionPolicy>,
    /// The ARNs of up to 10 managed policies that limit the session likewise.
    #[serde(default)]
    pub policy_arns: Vec<String>,
    /// The account that sessions must belong to; others are refused before anything is written. By default the
    /// account of the (last) role.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Whether to ask AWS with each new session whose it is (`GetCallerIdentity`), before it replaces the old one.
    /// By default the answer to the exchange is compared, without a further request.
    #[serde(default)]
    pub verify: bool,
    /// Further roles to go through, the last of which is the one that is wanted.
    #[serde(default)]
    pub chain: Vec<Link>,
}

const SHORTEST: HumanDuration = HumanDuration::from_secs(15 * 60);
const LONGEST: HumanDuration = HumanDuration::from_secs(12 * 3600);
const USUAL: Duration = Duration::from_hours(1);

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn Provider>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        self.check()?;
        let mut settings = Settings::resolve(&self, &context.surroundings.environment)?;
        let options = ClientOptions {
            ca_bundle: settings.ca_bundle.take(),
            proxy: self.proxy.clone(),
            ..ClientOptions::default()
        };
        let client = context.http.client(&options)?;
        let sts = Sts::new(&settings, client.clone(), context.surroundings.clock.clone());
        Ok(Arc::new(Aws::new(self, settings, sts, client)))
    }
}

impl Config {
    fn check(&self) -> Result<(), BuildError> {
        check_duration(self.duration, "duration")?;
        check_policy_arns(&self.policy_arns, "policy_arns")?;
        self.chain.iter().try_for_each(Link::check)?;
        self.check_partitions()?;
        match &self.account_id {
            Some(account) if account.as_str() != self.last_role().account() => {
                let role = self.last_role();
                let message = format!("the account {} is not that of the role {role}", account.as_str());
                Err(BuildError::at("account_id", message)
                    .hint("Correct the one or the other; `account_id` may be left out."))
            }
            _ => Ok(()),
        }
    }

    fn check_partitions(&self) -> Result<(), BuildError> {
        let own = self.role_arn.partition();
        match self.chain.iter().find(|link| link.role_arn.partition() != own) {
            None => Ok(()),
            Some(link) => {
                let message =
                    format!("{} is not in the partition {} of the first role", link.role_arn, own.name);
                Err(BuildError::at("chain", message)
                    .hint("No session reaches into another partition; make a login of its own for it."))
            }
        }
    }

    /// The role that the credential is for.
    pub(crate) fn last_role(&self) -> &RoleArn {
        self.chain.last().map_or(&self.role_arn, |link| &link.role_arn)
    }

    /// How long the session of the last role is asked to last, and where that is said.
    pub(crate) fn lifetime(&self) -> Lifetime {
        let Some(last) = self.chain.len().checked_sub(1) else {
            return Lifetime { time: self.first_duration(), key: "duration" };
        };
        let is_its_own = self.chain[last].duration.is_some();
        Lifetime { time: self.link_duration(last), key: if is_its_own { "chain" } else { "duration" } }
    }

    /// How long the first role's session is asked to last: on the way to another role no longer than one call
    /// needs.
    pub(crate) fn first_duration(&self) -> Duration {
        let on_the_way = !self.chain.is_empty();
        if on_the_way { SHORTEST.get() } else { self.duration.map_or(USUAL, HumanDuration::get) }
    }

    /// The same for one role of the chain.
    pub(crate) fn link_duration(&self, index: usize) -> Duration {
        self.wanted_link_duration(index).min(LONGEST_CHAINED)
    }

    fn wanted_link_duration(&self, index: usize) -> Duration {
        let is_last = index + 1 == self.chain.len();
        let inherited = if is_last { self.duration.unwrap_or(USUAL.into()) } else { SHORTEST };
        self.chain.get(index).and_then(|link| link.duration).unwrap_or(inherited).get()
    }

    /// What the user should know about a duration that AWS will not grant.
    pub(crate) fn cap_note(&self) -> Option<String> {
        let capped = |index: &usize| self.wanted_link_duration(*index) > LONGEST_CHAINED;
        let role = &self.chain.get((0..self.chain.len()).find(capped)?)?.role_arn;
        Some(format!(
            "AWS ends sessions of chained roles after 1h, so {role} is asked for 1h and not for what `duration` says."
        ))
    }
}

/// Checks that AWS can grant a duration at all.
pub(crate) fn check_duration(duration: Option<HumanDuration>, key: &'static str) -> Result<(), BuildError> {
    match duration {
        Some(duration) if !(SHORTEST..=LONGEST).contains(&duration) => {
            let message = format!("AWS sessions last from {SHORTEST} to {LONGEST}, not {duration}");
            Err(BuildError::at(key, message).hint("Leave `duration` out for 1h."))
        }
        _ => Ok(()),
    }
}
