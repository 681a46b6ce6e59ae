//! Where to ask: region, endpoint, certificate authorities, FIPS.
//!
//! Found in the order that all AWS SDKs share: our config, the environment, the profile in `~/.aws/config`
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>). The profile is read by AWS's own
//! library from an environment of our giving, so that nothing reads the process's.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aws_config::profile::{ProfileSet, load};
use aws_runtime::env_config::EnvConfigValue;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};
use evercred_core::{BuildError, Environment};

use crate::Config;
use crate::partition::Partition;

/// What was found.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The region to ask.
    pub(crate) region: String,
    /// Whether somebody chose that region, or it is just where the partition's main endpoint is.
    pub(crate) region_is_chosen: bool,
    /// Another address than the region's.
    pub(crate) endpoint_url: Option<String>,
    /// Other addresses of other services than their own, by the services' names in AWS's settings.
    pub(crate) other_endpoints: Vec<(&'static str, String)>,
    /// Further certificate authorities.
    pub(crate) ca_bundle: Option<PathBuf>,
    /// Whether to use FIPS endpoints.
    pub(crate) use_fips: bool,
    /// What the user should know about all this.
    pub(crate) notes: Vec<String>,
}

impl Settings {
    pub(crate) fn resolve(config: &Config, environment: &Environment) -> Result<Self, BuildError> {
        let mut notes = Vec::new();
        let shared = Shared::load(environment, &mut notes);
        let endpoint_url = shared.endpoint_url(config)?;
        notes.extend(endpoint_url.as_deref().and_then(cleartext_note));
        let region = shared.region(config, endpoint_url.is_some(), &mut notes)?;
        Ok(Self {
            region_is_chosen: region.is_some(),
            region: region.unwrap_or_else(|| config.role_arn.partition().default_region.to_owned()),
            ca_bundle: shared.ca_bundle(config),
            use_fips: shared.use_fips(config),
            other_endpoints: shared.other_endpoints()?,
            endpoint_url,
            notes,
        })
    }
}

/// The settings that all AWS tools on this machine share.
struct Shared<'a> {
    environment: &'a Environment,
    for_sdk: Env,
    profile: Option<ProfileSet>,
}

impl<'a> Shared<'a> {
    fn load(environment: &'a Environment, notes: &mut Vec<String>) -> Self {
        // The SDK would take a variable that is set to nothing at its word.
        let variables: Vec<_> = environment.iter().filter(|(_, value)| !value.is_empty()).collect();
        let for_sdk = Env::from_slice(&variables);
        let profile = match at_once(load(&Fs::real(), &for_sdk, &EnvConfigFiles::default(), None)) {
            Some(Ok(profile)) => Some(profile),
            Some(Err(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                notes.push(format!("The AWS profile is not used, because it cannot be read: {cause}."));
                None
            }
            None => None,
        };
        Self { environment, for_sdk, profile }
    }

    fn find(&self, variables: &[&str], key: &str) -> Option<String> {
        let from_profile = || self.profile.as_ref()?.get(key).filter(|value| !value.is_empty());
        self.environment.first(variables).or_else(from_profile).map(str::to_owned)
    }

    fn region(
        &self,
        config: &Config,
        has_endpoint: bool,
        notes: &mut Vec<String>,
    ) -> Result<Option<String>, BuildError> {
        let partition = config.role_arn.partition();
        // A custom endpoint has regions of its own.
        let fits = |region: &str| has_endpoint || Partition::of_region(region) == partition;
        if let Some(region) = &config.region {
            check_region(region, fits(region), partition)?;
            return Ok(Some(region.clone()));
        }
        let found = self.find(&["AWS_REGION", "AWS_DEFAULT_REGION"], "region");
        match found.filter(|region| is_region(region)) {
            Some(region) if !fits(&region) => {
                notes.push(format!(
                    "The region {region} of the environment is not used, because it is not in the role's partition {}.",
                    partition.name
                ));
                Ok(None)
            }
            found => Ok(found),
        }
    }

    fn endpoint_url(&self, config: &Config) -> Result<Option<String>, BuildError> {
        if let Some(url) = &config.endpoint_url {
            return check_endpoint(url)
                .map(|()| Some(url.clone()))
                .map_err(|error| BuildError { key: Some("endpoint_url"), ..error });
        }
        self.endpoint_of("STS")
    }

    fn other_endpoints(&self) -> Result<Vec<(&'static str, String)>, BuildError> {
        let found = OTHERS.into_iter().map(|service| Ok((service, self.endpoint_of(service)?)));
        let found: Result<Vec<_>, BuildError> = found.collect();
        Ok(found?.into_iter().filter_map(|(service, url)| Some((service, url?))).collect())
    }

    /// The address that somebody named for a service, by its name in AWS's settings.
    fn endpoint_of(&self, service: &'static str) -> Result<Option<String>, BuildError> {
        let ignored = self.find(&["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"], "ignore_configured_endpoint_urls");
        if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let setting =
            EnvConfigValue::new().env("AWS_ENDPOINT_URL").profile("endpoint_url").service_id(service);
        let found = setting.load(&self.for_sdk, self.profile.as_ref());
        let Some(url) = found.map(|(url, _)| url.into_owned()) else { return Ok(None) };
        check_endpoint(&url).map(|()| Some(url))
    }

    fn ca_bundle(&self, config: &Config) -> Option<PathBuf> {
        let path = config.ca_bundle.clone().or_else(|| self.find(&["AWS_CA_BUNDLE"], "ca_bundle"))?;
        Some(self.environment.expand(&path))
    }

    fn use_fips(&self, config: &Config) -> bool {
        config.use_fips.unwrap_or_else(|| {
            let found = self.find(&["AWS_USE_FIPS_ENDPOINT"], "use_fips_endpoint");
            found.is_some_and(|value| value.eq_ignore_ascii_case("true"))
        })
    }
}

/// The services besides STS that are asked for passes.
const OTHERS: [&str; 2] = [ECR, ECR_PUBLIC];
/// The private registries.
pub(crate) const ECR: &str = "ECR";
/// The public one.
pub(crate) const ECR_PUBLIC: &str = "ECR PUBLIC";

fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn check_region(region: &str, fits: bool, partition: &Partition) -> Result<(), BuildError> {
    if !is_region(region) {
        return Err(BuildError::at("region", format!("{region:?} is not a region"))
            .hint(format!("Write it like \"{}\".", partition.default_region)));
    }
    if !fits {
        let message = format!("the region {region} is not in the partition {} of the role", partition.name);
        return Err(BuildError::at("region", message)
            .hint(format!("Take one of that partition, such as \"{}\".", partition.default_region)));
    }
    Ok(())
}

fn check_endpoint(url: &str) -> Result<(), BuildError> {
    let uri = url.parse::<http::Uri>().ok().filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    let problem = match uri.as_ref().and_then(http::Uri::authority) {
        None => "is not an http or https URL",
        Some(authority) if authority.as_str().contains('@') => "holds a user name, which STS does not take",
        Some(_) => return Ok(()),
    };
    Err(BuildError {
        key: None,
        message: format!("the endpoint for AWS STS {problem}"),
        hint: Some(
            "Correct `endpoint_url`, or AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, or the AWS profile."
                .to_owned(),
        ),
    })
}

fn cleartext_note(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    let host = uri.host()?;
    let is_local = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    (uri.scheme_str() == Some("http") && !is_local).then(|| {
        format!("ID tokens go to {host} unencrypted, because the endpoint for AWS STS is an http URL.")
    })
}

/// The result of a future that never waits. The library's file access is async by signature and blocking by
/// nature, and building a provider is not async.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[cfg(test)]
mod tests;
