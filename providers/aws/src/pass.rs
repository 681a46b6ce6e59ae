//! Where a session is shown as something else: clusters, registries and repositories.

mod cluster;
mod registry;
mod repository;

use evercred_core::{Advice, Base, BoxFuture, Credential, Door, Failure, Fit, Pass, Passes};

use crate::Config;
use crate::partition::Partition;
use crate::provider::Aws;
use crate::settings::Settings;
use crate::signing::SigningError;

/// What passes need to know of the login.
pub(crate) struct Services {
    client: reqwest::Client,
    /// The login's region.
    region: String,
    /// Another address of STS than the region's.
    sts: Option<String>,
    other_endpoints: Vec<(&'static str, String)>,
    use_fips: bool,
    account: String,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The client's own Debug would show the passwords of proxies.
        f.debug_struct("Services").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Services {
    pub(crate) fn new(settings: &Settings, config: &Config, client: reqwest::Client) -> Self {
        Self {
            client,
            region: settings.region.clone(),
            sts: settings.endpoint_url.clone(),
            other_endpoints: settings.other_endpoints.clone(),
            use_fips: settings.use_fips,
            account: config.last_role().account().to_owned(),
        }
    }

    /// The address of a service that has one in each region, such as `sts`.
    fn regional(&self, service: &str, region: &str) -> String {
        let fips = if self.use_fips { "-fips" } else { "" };
        format!("https://{service}{fips}.{region}.{}/", Partition::of_region(region).domain)
    }

    /// The address that somebody named for a service.
    fn named(&self, service: &str) -> Option<String> {
        let mut all = self.other_endpoints.iter();
        let (_, url) = all.find(|(name, _)| *name == service)?;
        Some(format!("{}/", url.trim_end_matches('/')))
    }
}

impl Passes for Aws {
    fn fit(&self, door: &Door) -> Option<Fit> {
        match door {
            Door::Cluster { .. } => Some(Fit::Cloud),
            Door::Registry { host } => {
                Some(registry::fit(&registry::Registry::of(host)?, &self.services.account))
            }
            Door::Repository { host, .. } => repository::region(host).map(|_| Fit::Cloud),
        }
    }

    fn base(&self, _: &Door) -> Base {
        Base::Login
    }

    fn pass<'a>(
        &'a self,
        door: &'a Door,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<Pass, Failure>> {
        let (services, now) = (&self.services, self.now());
        Box::pin(async move {
            match door {
                Door::Cluster { name, region } => {
                    cluster::pass(services, (name.as_deref(), region.as_deref()), credential, now)
                }
                Door::Registry { host } => registry::pass(services, host, credential, now).await,
                Door::Repository { host, path, .. } => {
                    repository::pass(host, path.as_deref(), credential, now)
                }
            }
        })
    }
}

fn unsigned(operation: &'static str, place: &str, error: SigningError) -> Failure {
    Failure::new(operation, place, Advice::NeedsAttention)
        .message("the request cannot be signed")
        .hint("Check the name and the region.")
        .caused_by(error)
}
