//! The config, checked: what Google would refuse later, or ignore, is an error of its key now.

use std::time::Duration;

use evercred_core::{Audience, BuildError, HumanDuration};

use crate::endpoint::Endpoint;
use crate::resource::Resource;
use crate::{Config, ServiceAccount};

/// What to ask for, and where.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) resource: Resource,
    pub(crate) audience: Audience,
    pub(crate) account: Option<ServiceAccount>,
    pub(crate) delegates: Vec<ServiceAccount>,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) scopes: Vec<String>,
    pub(crate) user_project: Option<String>,
    pub(crate) id_token_audience: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) verify: bool,
    pub(crate) universe: String,
    pub(crate) sts: Endpoint,
    pub(crate) credentials: Endpoint,
}

/// The scope that leaves it to IAM what may be done.
pub(crate) const EVERYTHING: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The universe of Google itself.
pub(crate) const GOOGLE: &str = "googleapis.com";

const SHORTEST: HumanDuration = HumanDuration::from_secs(10 * 60);
const LONGEST: HumanDuration = HumanDuration::from_secs(12 * 3600);

impl Settings {
    pub(crate) fn resolve(config: &Config) -> Result<Self, BuildError> {
        let number = config.project_number.as_ref();
        let resource = Resource::from_config(&config.provider, config.pool.as_deref(), number)?;
        check_account(config)?;
        check_lifetime(config.lifetime)?;
        check_user_project(config, &resource)?;
        check_verify(config)?;
        let universe = config.universe_domain.as_deref().unwrap_or(GOOGLE);
        check_domain(universe)?;
        let named = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let of_account = || config.service_account.as_ref()?.project().map(str::to_owned);
        Ok(Self {
            audience: audience(config, &resource)?,
            resource,
            account: config.service_account.clone(),
            delegates: config.delegates.clone(),
            lifetime: config.lifetime.map(HumanDuration::get),
            scopes: scopes(config.scopes.as_deref())?,
            user_project: config.user_project.clone(),
            id_token_audience: config.id_token_audience.clone(),
            project: named(&config.project).or_else(of_account),
            verify: config.verify,
            universe: universe.to_owned(),
            sts: Endpoint::of("sts_endpoint", config.sts_endpoint.as_deref(), ("sts", universe))?,
            credentials: Endpoint::of(
                "iam_credentials_endpoint",
                config.iam_credentials_endpoint.as_deref(),
                ("iamcredentials", universe),
            )?,
        })
    }
}

fn audience(config: &Config, resource: &Resource) -> Result<Audience, BuildError> {
    if let Some(audience) = &config.audience {
        if audience.as_str().trim().is_empty() {
            return Err(BuildError::at("audience", "the audience is empty")
                .hint("Leave it out, or set it to one of the provider's allowed audiences."));
        }
        return Ok(audience.clone());
    }
    resource.default_token_audience().map(Audience::new).ok_or_else(|| {
        BuildError::at("audience", "missing field `audience`, which a workforce provider has no default for")
            .hint("Set it to the client ID that the workforce provider was set up with.")
    })
}

/// What is only for service accounts.
fn check_account(config: &Config) -> Result<(), BuildError> {
    let Some(account) = &config.service_account else {
        let keys = [
            ("delegates", !config.delegates.is_empty()),
            ("lifetime", config.lifetime.is_some()),
            ("id_token_audience", config.id_token_audience.is_some()),
            ("expected_project", config.expected_project.is_some()),
        ];
        return match keys.into_iter().find(|(_, is_set)| *is_set) {
            None => Ok(()),
            Some((key, _)) => Err(BuildError::at(key, "this is for tokens of a service account, and none is named")
                .hint("Set `service_account`, or leave this out: a direct token ends with its ID token and belongs to no project.")),
        };
    };
    match &config.expected_project {
        Some(expected) if account.project() != Some(expected) => {
            let message = format!("{account} does not belong to the project {expected:?}");
            Err(BuildError::at("expected_project", message)
                .hint("Correct `service_account`, or `expected_project`; the address of an account names its project."))
        }
        _ => Ok(()),
    }
}

fn check_lifetime(lifetime: Option<HumanDuration>) -> Result<(), BuildError> {
    match lifetime {
        Some(lifetime) if !(SHORTEST..=LONGEST).contains(&lifetime) => {
            let message =
                format!("tokens of a service account last from {SHORTEST} to {LONGEST}, not {lifetime}");
            Err(BuildError::at("lifetime", message).hint("Leave `lifetime` out for 1h."))
        }
        _ => Ok(()),
    }
}

fn check_user_project(config: &Config, resource: &Resource) -> Result<(), BuildError> {
    match (&config.user_project, resource.is_workforce()) {
        (None, true) => {
            Err(BuildError::at("user_project", "missing field `user_project`, which workforce pools need")
                .hint("Set it to the id or the number of a project that requests may be billed to."))
        }
        (Some(_), false) => Err(BuildError::at(
            "user_project",
            "this is for workforce pools, and `provider` is none of those",
        )
        .hint("Leave it out; Google's libraries refuse a file that says it.")),
        _ => Ok(()),
    }
}

/// The library that verifies cannot be given these, and would fail or, worse, go another way.
fn check_verify(config: &Config) -> Result<(), BuildError> {
    let cannot = |key: &str, variable: &str| {
        Err(BuildError::at("verify", format!("Google's own library cannot be given a `{key}`"))
            .hint(format!("Set {variable} for evercred instead of `{key}`, or leave `verify` out.")))
    };
    match config {
        Config { verify: true, ca_bundle: Some(_), .. } => cannot("ca_bundle", "SSL_CERT_FILE"),
        Config { verify: true, proxy: Some(_), .. } => cannot("proxy", "HTTPS_PROXY"),
        Config { verify: true, delegates, .. } if !delegates.is_empty() => {
            Err(BuildError::at("verify", "Google's own library knows no `delegates`")
                .hint("Leave `verify` out."))
        }
        _ => Ok(()),
    }
}

fn check_domain(domain: &str) -> Result<(), BuildError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    if !domain.is_empty() && domain.bytes().all(plain) {
        return Ok(());
    }
    Err(BuildError::at("universe_domain", format!("{domain:?} is not a domain"))
        .hint("Write it like \"googleapis.com\", or leave it out."))
}

fn scopes(configured: Option<&[String]>) -> Result<Vec<String>, BuildError> {
    let Some(scopes) = configured else { return Ok(vec![EVERYTHING.to_owned()]) };
    let plain = |scope: &String| !scope.is_empty() && scope.chars().all(|c| c.is_ascii_graphic());
    if !scopes.is_empty() && scopes.iter().all(plain) {
        return Ok(scopes.to_vec());
    }
    Err(BuildError::at("scopes", "there has to be a scope, and no scope has spaces")
        .hint(format!("Write them like [\"{EVERYTHING}\"], or leave them out.")))
}
