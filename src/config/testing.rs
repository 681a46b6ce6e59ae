//! A registry with one kind of each trick, for the loader's own tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use evercred_core::{
    Advice, Audience, BoxFuture, BuildError, Configured, Credential, Environment, Failure, Field,
    HumanDuration, IdToken, Lifetime, Provider, Surroundings, WallClock,
};
use evercred_http::{BuildContext, Http};
use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::Kind;
use super::{Located, Machine, Paths, Problems, Resolved, resolve};
use crate::files::Target;
use crate::outputs::{Output, OutputContext};
use crate::registry::{Registry, login};
use crate::sources::TokenSource;

pub(super) fn registry() -> Registry {
    Registry {
        providers: vec![login::<Cloud>("cloud", &["profile"])],
        sources: vec![Kind::of::<Auto>("auto"), Kind::of::<Remote>("remote")],
        outputs: vec![
            Kind::of::<Profile>("profile"),
            Kind::of::<Whole>("whole"),
            Kind::of::<Greedy>("greedy"),
        ],
    }
}

pub(super) fn machine() -> Machine {
    let environment: Environment = [("HOME", "/home/me")].into_iter().collect();
    Machine {
        paths: Paths::of(&environment).unwrap(),
        program: PathBuf::from("/bin/evercred"),
        credential_process: None,
        build: BuildContext {
            http: Http::new(&environment),
            surroundings: Surroundings { environment, clock: Arc::new(Epoch) },
        },
    }
}

pub(super) fn load(text: &str) -> Result<Resolved, Problems> {
    resolve(Path::new("/c.toml"), text, &registry(), &machine())
}

/// One line for each mistake: where, what, what instead.
pub(super) fn mistakes(text: &str) -> String {
    lines(&load(text).expect_err("the config should have mistakes").list)
}

/// The same for each warning about a config that counts.
pub(super) fn warnings(text: &str) -> String {
    lines(&load(text).expect("the config should count").warnings)
}

fn lines(list: &[Located]) -> String {
    let show = |Located { line, column, length, message, hint, .. }: &Located| {
        format!("{line}:{column}+{length} {message} | {}", hint.as_deref().unwrap_or("-"))
    };
    list.iter().map(show).collect::<Vec<_>>().join("\n")
}

#[derive(Debug)]
struct Epoch;

impl WallClock for Epoch {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Cloud {
    /// The role to take on. It must exist.
    role: Role,
    /// Where.
    #[serde(default)]
    region: Option<String>,
    /// How long.
    #[serde(default = "an_hour")]
    duration: HumanDuration,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    chain: Vec<Link>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read from config")]
struct Link {
    /// The next role.
    role: Role,
    external_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct Role;

impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with("role/") {
            Ok(Self)
        } else {
            Err(format!("{text:?} is not a role; write it like \"role/NAME\""))
        }
    }
}

fn an_hour() -> HumanDuration {
    HumanDuration::from_secs(3600)
}

impl Configured<BuildContext> for Cloud {
    type Built = Arc<dyn Provider>;

    fn build(self, _: &BuildContext) -> Result<Self::Built, BuildError> {
        if self.duration < HumanDuration::from_secs(900) {
            return Err(BuildError::at("duration", "less than 15 minutes").hint("Write at least \"15m\"."));
        }
        if self.tags.contains_key("aws") {
            return Err(BuildError::at("tags", "`aws` is reserved"));
        }
        drop((self.region, self.role, self.chain));
        Ok(Arc::new(CloudProvider { audience: Audience::new("cloud"), duration: self.duration }))
    }
}

#[derive(Debug)]
struct CloudProvider {
    audience: Audience,
    duration: HumanDuration,
}

impl Provider for CloudProvider {
    fn audience(&self) -> &Audience {
        &self.audience
    }

    fn provides(&self) -> &[Field] {
        &[Field::ACCESS_KEY_ID]
    }

    fn lifetime(&self) -> Option<Lifetime> {
        Some(Lifetime { time: self.duration.get(), key: "duration" })
    }

    fn exchange<'a>(&'a self, _: &'a IdToken) -> BoxFuture<'a, Result<Credential, Failure>> {
        Box::pin(async { Ok(Credential::new("me", SystemTime::UNIX_EPOCH)) })
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Auto {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Remote {
    /// Where tokens come from.
    url: String,
    #[serde(default)]
    #[schemars(extend("writeOnly" = true))]
    authorization: Option<String>,
}

#[derive(Debug)]
struct Source(String);

impl Configured<BuildContext> for Auto {
    type Built = Arc<dyn TokenSource>;

    fn build(self, _: &BuildContext) -> Result<Self::Built, BuildError> {
        Ok(Arc::new(Source("auto".to_owned())))
    }
}

impl Configured<BuildContext> for Remote {
    type Built = Arc<dyn TokenSource>;

    fn build(self, _: &BuildContext) -> Result<Self::Built, BuildError> {
        drop(self.authorization);
        Ok(Arc::new(Source(self.url)))
    }
}

impl TokenSource for Source {
    fn describe(&self) -> String {
        self.0.clone()
    }

    fn mint<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(async { Err(Failure::new("mint", "", Advice::RETRY)) })
    }
}

/// A profile in a shared file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Profile {
    profile: Option<String>,
}

/// A file of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Whole {
    /// The file.
    path: String,
}

/// Needs more than the cloud gives.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Greedy {}

#[derive(Debug)]
struct File {
    target: Target,
    section: Option<String>,
    needs: &'static [Field],
}

fn file(path: PathBuf, section: Option<String>, needs: &'static [Field]) -> Vec<Box<dyn Output>> {
    vec![Box::new(File { target: Target::new(path, 0o600), section, needs })]
}

impl Configured<OutputContext> for Profile {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let path = context.environment.expand("~/.cloud/config");
        Ok(file(path, Some(self.profile.unwrap_or_else(|| context.name.clone())), &[Field::ACCESS_KEY_ID]))
    }
}

impl Configured<OutputContext> for Whole {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        Ok(file(context.environment.expand(&self.path), None, &[Field::ID_TOKEN]))
    }
}

impl Configured<OutputContext> for Greedy {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, _: &OutputContext) -> Result<Self::Built, BuildError> {
        Ok(file(PathBuf::from("/g"), None, &[Field::ACCESS_KEY_ID, Field::SESSION_TOKEN]))
    }
}

impl Output for File {
    fn target(&self) -> &Target {
        &self.target
    }

    fn section(&self) -> Option<&str> {
        self.section.as_deref()
    }

    fn needs(&self) -> &[Field] {
        self.needs
    }

    fn render(&self, _: &Credential, _: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        Ok(Vec::new())
    }

    fn own_part(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
