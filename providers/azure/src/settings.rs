//! Whom to ask, as whom, and for what: our config, or else the variables that Azure's SDKs obey
//! (<https://learn.microsoft.com/python/api/overview/azure/identity-readme#environment-variables>).

use evercred_core::{Audience, BuildError, Environment};
use url::Url;

use crate::Config;
use crate::cloud::Cloud;
use crate::resource::Resource;

/// What was found.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) tenant: String,
    pub(crate) client: String,
    pub(crate) cloud: Cloud,
    pub(crate) authority: Url,
    /// Whether programs have to be told of the authority, because it is not the one they would ask.
    pub(crate) is_unusual: bool,
    pub(crate) audience: Audience,
    pub(crate) resources: Vec<Resource>,
    pub(crate) resource_manager: Url,
    pub(crate) expected_tenant: Option<String>,
    pub(crate) expected_object: Option<String>,
    /// Whether somebody said what is expected.
    pub(crate) is_guarded: bool,
}

impl Settings {
    pub(crate) fn resolve(config: &Config, environment: &Environment) -> Result<Self, BuildError> {
        let tenant = tenant(config, environment)?;
        let client = client(config, environment)?;
        let authority = authority(config, environment)?;
        let known =
            authority.as_ref().and_then(|url| Cloud::of_authority(url.host_str().unwrap_or_default()));
        let cloud = cloud(config.cloud, known)?;
        let authority = match authority {
            Some(authority) => authority,
            None => parse_authority(cloud.authority()).map_err(|what| BuildError::at("cloud", what))?,
        };
        let expected = |key, id: &Option<String>| id.as_ref().map(|id| guid(key, id)).transpose();
        let expected_tenant = expected("expected_tenant_id", &config.expected_tenant_id)?;
        let expected_object = expected("expected_object_id", &config.expected_object_id)?;
        let (audience, resources) = (audience(config, cloud)?, resources(config, cloud)?);
        let resource_manager = resource_manager(config, cloud)?;
        // What is missing comes last: it may be so because it was wrong, and then all else has been told.
        let tenant = tenant.ok_or_else(|| missing("tenant_id", "AZURE_TENANT_ID", TENANT_HINT))?;
        let client = client.ok_or_else(|| missing("client_id", "AZURE_CLIENT_ID", CLIENT_HINT))?;
        Ok(Self {
            is_unusual: authority.as_str() != Cloud::Public.authority(),
            is_guarded: expected_tenant.is_some() || expected_object.is_some(),
            expected_tenant: expected_tenant
                .or_else(|| is_guid(&tenant).then(|| tenant.to_ascii_lowercase())),
            authority,
            audience,
            resources,
            resource_manager,
            expected_object,
            tenant,
            client,
            cloud,
        })
    }
}

const TENANT_HINT: &str =
    "It is the tenant's ID, as `az account show --query tenantId` prints it, or one of its domains.";
const CLIENT_HINT: &str = "It is the \"Application (client) ID\" of the app registration, or the client ID of the \
                           managed identity: 32 hexadecimal digits in five groups.";

fn tenant(config: &Config, environment: &Environment) -> Result<Option<String>, BuildError> {
    let given = config.tenant_id.as_deref().or_else(|| environment.get("AZURE_TENANT_ID"));
    let Some(tenant) = given else { return Ok(None) };
    let wrong = |what| Err(BuildError::at("tenant_id", format!("{tenant:?} {what}")).hint(TENANT_HINT));
    if tenant.is_empty() || !tenant.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-') {
        return wrong("is not a tenant");
    }
    if matches!(tenant, "common" | "organizations" | "consumers") {
        return wrong("stands for many tenants, but an application logs in to one");
    }
    Ok(Some(tenant.to_owned()))
}

fn client(config: &Config, environment: &Environment) -> Result<Option<String>, BuildError> {
    let given = config.client_id.as_deref().or_else(|| environment.get("AZURE_CLIENT_ID"));
    given.map(|client| guid("client_id", client).map_err(|error| error.hint(CLIENT_HINT))).transpose()
}

/// Nobody has said it.
fn missing(key: &'static str, variable: &str, hint: &str) -> BuildError {
    BuildError::at(key, format!("missing field `{key}`, and {variable} is not set")).hint(hint)
}

fn guid(key: &'static str, text: &str) -> Result<String, BuildError> {
    if is_guid(text) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(BuildError::at(key, format!("{text:?} is not an ID of Entra"))
        .hint("Write it like \"11111111-2222-3333-4444-555555555555\"."))
}

pub(crate) fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The one that somebody named: in the config, or, unless the config names a cloud, in the environment.
fn authority(config: &Config, environment: &Environment) -> Result<Option<Url>, BuildError> {
    const HINT: &str = "Write it like \"https://login.acme.dev/\", or leave it out.";
    if let Some(text) = &config.authority_host {
        let problem = |what| BuildError::at("authority_host", format!("{text:?} {what}")).hint(HINT);
        return parse_authority(text).map(Some).map_err(problem);
    }
    let text = environment.get("AZURE_AUTHORITY_HOST").filter(|_| config.cloud.is_none());
    let problem = |what| BuildError {
        key: None,
        message: format!("AZURE_AUTHORITY_HOST {what}"),
        hint: Some("Correct or unset it, or set `cloud` or `authority_host` in the config.".to_owned()),
    };
    text.map(|text| parse_authority(text).map_err(problem)).transpose()
}

/// The SDKs take a bare host name, too.
fn parse_authority(text: &str) -> Result<Url, &'static str> {
    let whole = if text.contains("://") { text } else { &format!("https://{text}") };
    let url = Url::parse(whole).map_err(|_| "is not a URL")?;
    if url.scheme() != "https" {
        return Err("does not begin with https, but an ID token goes there");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name, which Entra does not take");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("goes on after the host; the tenant stands in `tenant_id`");
    }
    Ok(url)
}

fn resource_manager(config: &Config, cloud: Cloud) -> Result<Url, BuildError> {
    let text = config.resource_manager.as_deref().unwrap_or(cloud.resource_manager());
    parse_authority(text).map_err(|what| {
        let what = what.split(',').next().unwrap_or(what);
        BuildError::at("resource_manager", format!("{text:?} {what}"))
            .hint("Write it like \"https://management.acme.dev/\", or leave it out.")
    })
}

/// What somebody chose and what the authority says must not differ: the audience and the resources would be wrong.
fn cloud(chosen: Option<Cloud>, known: Option<Cloud>) -> Result<Cloud, BuildError> {
    match (chosen, known) {
        (Some(chosen), Some(known)) if chosen != known => {
            Err(BuildError::at("cloud", "this is not the cloud whose Entra `authority_host` is")
                .hint("Leave one of the two out."))
        }
        (chosen, known) => Ok(chosen.or(known).unwrap_or_default()),
    }
}

fn audience(config: &Config, cloud: Cloud) -> Result<Audience, BuildError> {
    match &config.audience {
        Some(audience) if audience.as_str().trim().is_empty() => {
            Err(BuildError::at("audience", "the audience is empty")
                .hint("Set it to one of the federated credential's audiences, or leave it out."))
        }
        Some(audience) => Ok(audience.clone()),
        None => Ok(Audience::new(cloud.audience())),
    }
}

fn resources(config: &Config, cloud: Cloud) -> Result<Vec<Resource>, BuildError> {
    let Some(names) = &config.resources else { return Ok(vec![Resource::parse(cloud.resource_manager())?]) };
    let resources = names.iter().map(|name| Resource::parse(name)).collect::<Result<Vec<_>, _>>()?;
    let repeated = |(index, resource): (usize, &Resource)| {
        resources.iter().take(index).any(|earlier| earlier.scope == resource.scope)
    };
    match resources.iter().enumerate().find(|entry| repeated(*entry)) {
        Some((_, twice)) => Err(BuildError::at("resources", format!("{:?} stands there twice", twice.name))
            .hint("Each is one request to Entra; name it once.")),
        None => Ok(resources),
    }
}

#[cfg(test)]
mod tests;
