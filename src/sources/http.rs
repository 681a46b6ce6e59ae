//! `http`: an ID token from a URL, in the answer's body or in a field of its JSON.
//!
//! What authorises the request is named, not written, in the config: a file or an environment variable.

mod fetch;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use evercred_core::{BuildError, Configured, Environment};
use evercred_http::{BuildContext, ClientOptions, ProxyUrl};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::TokenSource;

pub(super) use fetch::{Authority, Fetch};

/// Fetches the ID token from a URL.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// The URL to GET. Required.
    url: String,
    /// The query parameter that carries the audience; `""` for none. Default: `"audience"`.
    #[serde(default = "default_parameter")]
    audience_parameter: String,
    /// Where in a JSON answer the token stands: a field's name, or a JSON pointer such as `"/data/token"`.
    /// Default: the whole answer is the token.
    #[serde(default)]
    token_field: Option<String>,
    /// Headers to send that are no secrets. Default: none.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The header that authorises the request. Default: none.
    #[serde(default)]
    secret_header: Option<SecretHeader>,
    /// A PEM file of further certificate authorities to trust. Default: only the system's.
    #[serde(default)]
    ca_bundle: Option<String>,
    /// A proxy to go through. Default: `$HTTPS_PROXY`, `$http_proxy`, `$ALL_PROXY`, minus `$NO_PROXY`.
    #[serde(default)]
    proxy: Option<ProxyUrl>,
}

/// A header whose value is kept out of the config. Give either `file` or `env`.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct SecretHeader {
    /// The header. Default: `"Authorization"`.
    #[serde(default = "default_header")]
    name: String,
    /// What stands before the secret. Default: `"Bearer "`.
    #[serde(default = "default_prefix")]
    prefix: String,
    /// A file with the secret, read at every request.
    #[serde(default)]
    file: Option<String>,
    /// An environment variable with the secret.
    #[serde(default)]
    env: Option<String>,
}

fn default_parameter() -> String {
    "audience".to_owned()
}

fn default_header() -> String {
    "Authorization".to_owned()
}

fn default_prefix() -> String {
    "Bearer ".to_owned()
}

impl Configured<BuildContext> for Config {
    type Built = Arc<dyn TokenSource>;

    fn build(self, context: &BuildContext) -> Result<Self::Built, BuildError> {
        let environment = &context.surroundings.environment;
        let ca_bundle: Option<PathBuf> = self.ca_bundle.map(|path| environment.expand(&path));
        let url = address("url", &self.url)?;
        Ok(Arc::new(Fetch {
            kind: "http",
            url,
            parameter: Some(self.audience_parameter).filter(|name| !name.is_empty()),
            pointer: self.token_field.map(pointer),
            headers: headers(&self.headers)?,
            authority: self.secret_header.map(|header| header.authority(environment)).transpose()?,
            client: context.http.client(&ClientOptions {
                ca_bundle,
                proxy: self.proxy,
                ..ClientOptions::default()
            })?,
            if_refused: "Check `secret_header` and the path of `url`, and whether this machine may ask there.",
        }))
    }
}

impl SecretHeader {
    fn authority(self, environment: &Environment) -> Result<Authority, BuildError> {
        let header = HeaderName::try_from(&self.name).map_err(|_| {
            BuildError::at("secret_header", format!("{:?} is not the name of a header", self.name))
        })?;
        match (self.file, self.env) {
            (Some(file), None) => Ok(Authority::in_file(header, self.prefix, environment.expand(&file))),
            (None, Some(name)) => Ok(Authority::in_variable(header, self.prefix, environment, &name)),
            _ => Err(BuildError::at("secret_header", "needs exactly one of `file` and `env`")
                .hint("Name the file or the variable that holds the secret.")),
        }
    }
}

/// The URL in `text`, which is the value of `key`.
pub(super) fn address(key: &'static str, text: &str) -> Result<Url, BuildError> {
    // The text may hold a password and is not repeated.
    let wrong = |what: String| BuildError::at(key, what).hint("Write it as \"https://host/path\".");
    let url = Url::parse(text).map_err(|error| wrong(format!("it is not a URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("{:?} is neither http nor https", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BuildError::at(key, "a URL with a user or password in it is not used")
            .hint("Keep secrets out of the config: name a file or a variable in `secret_header`."));
    }
    Ok(url)
}

fn pointer(field: String) -> String {
    if field.starts_with('/') { field } else { format!("/{}", field.replace('~', "~0")) }
}

fn headers(plain: &BTreeMap<String, String>) -> Result<HeaderMap, BuildError> {
    let header = |(name, value): (&String, &String)| {
        let wrong = || BuildError::at("headers", format!("{name:?} is not a header that can be sent"));
        let name = HeaderName::try_from(name).map_err(|_| wrong())?;
        Ok((name, HeaderValue::try_from(value).map_err(|_| wrong())?))
    };
    plain.iter().map(header).collect()
}
