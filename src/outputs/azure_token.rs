//! `azure-token`: one access token of Microsoft Entra, for programs that take one and nothing else.
//!
//! Raw, it has no final newline, because many readers would send it along. As JSON it has the keys that `az account
//! get-access-token` prints, as far as they mean something here. Whoever reads it must read again before it ends; the
//! clients that can exchange the ID token by themselves are better served with `workload-identity`.

use evercred_core::{Advice, BuildError, Configured, Credential, Failure, Field, Secret};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::mode::Mode;
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, required};
use crate::files::Target;

/// A file with the access token for one resource: the token alone, or JSON as `az account get-access-token` prints it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// One of the login's `resources`; the first if not set.
    resource: Option<String>,
    /// Whether the file is the token alone (`raw`, if not set) or a JSON object (`json`).
    format: Format,
    /// Where the file is, absolute or with `~/`; if not set, in the state folder, named after the login and the resource.
    path: Option<String>,
    /// The file's permission bits, `"0600"` if not set.
    mode: Option<Mode>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Format {
    #[default]
    Raw,
    Json,
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let extension = match self.format {
            Format::Raw => "access-token",
            Format::Json => "access-token.json",
        };
        let extension = match &self.resource {
            Some(resource) => format!("{}.{extension}", word(resource)?),
            None => extension.to_owned(),
        };
        let target = target(self.path.as_deref(), self.mode, &extension, context)?;
        let needs = vec![Field::ACCESS_TOKEN, Field::ACCESS_TOKENS, Field::TENANT_ID];
        let document = AccessToken { resource: self.resource, format: self.format };
        Ok(vec![Box::new(WholeFile { target, needs, document })])
    }
}

/// The resource as a part of a file's name: `storage.azure.com`.
fn word(resource: &str) -> Result<String, BuildError> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name = same(resource).split_once("://").map_or(same(resource), |(_, name)| name);
    if name.is_empty() {
        return Err(BuildError::at("resource", format!("{resource:?} is not a resource"))
            .hint("Write it as in the login's `resources`, or leave it out."));
    }
    Ok(name.chars().map(plain).collect())
}

/// What two ways to write the same resource have in common.
fn same(resource: &str) -> &str {
    resource.strip_suffix("/.default").unwrap_or(resource).trim_end_matches('/')
}

#[derive(Debug)]
struct AccessToken {
    resource: Option<String>,
    format: Format,
}

impl AccessToken {
    /// The token's entry among all of them, and its resource.
    fn find<'a>(&self, all: &'a Map<String, Value>, first: &str) -> Option<(&'a String, &'a Value)> {
        all.iter().find(|(resource, entry)| match &self.resource {
            Some(wanted) => same(resource) == same(wanted),
            None => entry["access_token"] == first,
        })
    }
}

impl Document for AccessToken {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        let place = target.path.display();
        let field = |field| required(credential, field, &place).map(Secret::expose);
        let all: Map<String, Value> = serde_json::from_str(field(Field::ACCESS_TOKENS)?).unwrap_or_default();
        let (resource, entry) = self.find(&all, field(Field::ACCESS_TOKEN)?).ok_or_else(|| {
            let names: Vec<_> = all.keys().map(|name| format!("\"{name}\"")).collect();
            Failure::new("write the access token", place.to_string(), Advice::NeedsAttention)
                .message(format!(
                    "the login has none for {}",
                    self.resource.as_deref().unwrap_or("its resource")
                ))
                .hint(format!("Add it to the login's `resources`, which has {}.", names.join(", ")))
        })?;
        Ok(match self.format {
            Format::Raw => entry["access_token"].as_str().unwrap_or_default().as_bytes().to_vec(),
            Format::Json => {
                let object = json!({
                    "accessToken": entry["access_token"],
                    "expires_on": entry["expires_on"],
                    "resource": resource,
                    "tenant": field(Field::TENANT_ID)?,
                    "tokenType": "Bearer",
                });
                format!("{object:#}\n").into_bytes()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{context, credential, text};
    use super::*;

    fn of_azure() -> Credential {
        let all = r#"{"https://storage.azure.com/": {"access_token": "s", "expires_on": 1795381200},
            "https://vault.azure.net/.default": {"access_token": "v", "expires_on": 1795381260}}"#;
        credential()
            .with(Field::TENANT_ID, Secret::new("t-1"))
            .with(Field::ACCESS_TOKEN, Secret::new("v"))
            .with(Field::ACCESS_TOKENS, Secret::new(all))
    }

    fn write(resource: Option<&str>, format: Format) -> Result<(String, String), Failure> {
        let config = Config { resource: resource.map(str::to_owned), format, ..Config::default() };
        let output = config.build(&context()).unwrap().pop().unwrap();
        let name = output.target().path.file_name().unwrap().to_str().unwrap().to_owned();
        output.render(&of_azure(), None).map(|bytes| (name, text(bytes)))
    }

    #[test]
    fn the_token_of_the_resource_is_the_whole_file() {
        let found = write(Some("https://storage.azure.com"), Format::Raw).unwrap();
        assert_eq!(found, ("aws.default.storage.azure.com.access-token".to_owned(), "s".to_owned()));
        assert_eq!(
            write(None, Format::Raw).unwrap(),
            ("aws.default.access-token".to_owned(), "v".to_owned())
        );
    }

    #[test]
    fn json_is_what_az_prints() {
        let (name, json) = write(Some("https://vault.azure.net"), Format::Json).unwrap();
        assert_eq!(name, "aws.default.vault.azure.net.access-token.json");
        insta::assert_snapshot!(json, @r#"
        {
          "accessToken": "v",
          "expires_on": 1795381260,
          "resource": "https://vault.azure.net/.default",
          "tenant": "t-1",
          "tokenType": "Bearer"
        }
        "#);
    }

    #[test]
    fn a_resource_that_the_login_has_not_is_named_with_those_it_has() {
        let failure = write(Some("https://graph.microsoft.com/"), Format::Raw).unwrap_err();
        assert_eq!(failure.advice(), Advice::NeedsAttention);
        assert!(
            failure.remedy().unwrap().contains("which has \"https://storage.azure.com/\""),
            "{failure:?}"
        );
    }
}
