//! The AWS SDKs for JavaScript (v3), Go (v2, and Terraform with it) and Rust.
//!
//! All read the same variables and files, in orders of their own
//! ([standardised providers](https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html)): whether the
//! environment comes before a profile that was asked for, whether an ID token in the environment comes before every
//! profile, and which of several mechanisms in one profile counts. A link that has half of something is passed over.
//!
//! Left out: what only one of them makes of files that are not well-formed, which the others refuse or read differently.

use std::collections::BTreeMap;

use super::botocore::profiles::{config_path, credentials_path};
use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};
use super::python_ini::{IniFile, Keys};

/// How an SDK goes about it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question that the three SDKs answer differently"
)]
struct Sdk {
    /// The variables that ask for a profile.
    asking: &'static [&'static str],
    /// Whether a profile that is asked for comes before keys in the environment.
    asked_first: bool,
    /// Whether an ID token in the environment comes before every profile.
    token_first: bool,
    /// Whether a variable that is set to nothing asks for a profile, which is not there.
    empty_asks: bool,
    /// Whether a profile that is asked for and does not exist is an error.
    must_exist: bool,
    /// The order in a profile.
    ways: [Way; 7],
}

/// A mechanism of a profile.
#[derive(Clone, Copy)]
enum Way {
    Role,
    Named,
    Keys,
    Token,
    Process,
    SignOn,
    Login,
}

const JAVASCRIPT: Sdk = Sdk {
    asking: &["AWS_PROFILE"],
    asked_first: true,
    token_first: false,
    empty_asks: false,
    must_exist: false,
    ways: [Way::Role, Way::Named, Way::Keys, Way::Token, Way::Process, Way::SignOn, Way::Login],
};

const GO: Sdk = Sdk {
    asking: &["AWS_PROFILE", "AWS_DEFAULT_PROFILE"],
    asked_first: false,
    token_first: true,
    empty_asks: false,
    must_exist: true,
    ways: [Way::Role, Way::Keys, Way::Named, Way::Token, Way::SignOn, Way::Process, Way::Login],
};

const RUST: Sdk = Sdk {
    asking: &["AWS_PROFILE"],
    asked_first: false,
    token_first: false,
    empty_asks: true,
    must_exist: false,
    ways: [Way::Role, Way::Named, Way::Token, Way::SignOn, Way::Login, Way::Process, Way::Keys],
};

pub(crate) fn javascript(observation: &Observation<'_>) -> Choice {
    JAVASCRIPT.choose(observation)
}

pub(crate) fn go(observation: &Observation<'_>) -> Choice {
    GO.choose(observation)
}

pub(crate) fn rust(observation: &Observation<'_>) -> Choice {
    RUST.choose(observation)
}

impl Sdk {
    fn choose(&self, observation: &Observation<'_>) -> Choice {
        let profiles = profiles(observation);
        let asked = self.asking.iter().find_map(|name| Some((*name, observation.verbatim(name)?)));
        let asked = asked.filter(|(_, profile)| self.empty_asks || !profile.is_empty());
        if let Some((name, profile)) =
            asked.filter(|(_, profile)| self.must_exist && !profiles.contains_key(*profile))
        {
            return Choice::fails(Place::variable(name), format!("there is no profile {profile:?}"));
        }
        let environment = || keys(observation).filter(|_| asked.is_none() || !self.asked_first);
        let token = || token(observation);
        let profile =
            || self.in_profile(asked.map_or("default", |(_, name)| name), &profiles, &mut Vec::new());
        let before = environment().or_else(|| if self.token_first { token() } else { None });
        let found = before.or_else(profile).or_else(token).or_else(|| container(observation));
        found.unwrap_or_else(|| instance(observation))
    }

    fn in_profile(
        &self,
        name: &str,
        profiles: &BTreeMap<String, Keys>,
        visited: &mut Vec<String>,
    ) -> Option<Choice> {
        let keys = profiles.get(name)?;
        visited.push(name.to_owned());
        self.ways.iter().find_map(|way| match way {
            Way::Role => self.role(name, keys, profiles, visited),
            other => one(*other, keys),
        })
    }

    fn role(
        &self,
        name: &str,
        keys: &Keys,
        profiles: &BTreeMap<String, Keys>,
        visited: &mut Vec<String>,
    ) -> Option<Choice> {
        let place = keys.get("role_arn")?.place();
        let source = keys.get("source_profile").filter(|_| !keys.contains_key("web_identity_token_file"))?;
        let rule = "a role that is taken with another profile comes first in a profile";
        if source.value == name {
            let own = Choice::takes("keys", keys.get("aws_access_key_id")?.place(), rule);
            return Some(own.through("role", place, rule));
        }
        if visited.contains(&source.value) {
            return Some(Choice::fails(source.place(), "the source_profiles go round in a circle"));
        }
        let others = profiles.get(&source.value).and_then(|keys| one(Way::Keys, keys));
        let found = others.or_else(|| self.in_profile(&source.value, profiles, visited));
        let missing = || Choice::fails(source.place(), "the source_profile has no credential");
        Some(found.unwrap_or_else(missing).through("role", place, rule))
    }
}

/// One mechanism, if the profile has it whole.
fn one(way: Way, keys: &Keys) -> Option<Choice> {
    const RULE: &str = "nothing comes before this in the profile";
    let place = |key: &str| Some(keys.get(key)?.place());
    let (method, place) = match way {
        Way::Role => return None,
        Way::Named => ("role", keys.get("credential_source").and_then(|_| place("role_arn"))?),
        Way::Keys => ("keys", keys.get("aws_secret_access_key").and_then(|_| place("aws_access_key_id"))?),
        Way::Process => ("process", place("credential_process")?),
        Way::SignOn => {
            let known = ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "sso_region"];
            ("sso", known.into_iter().find_map(place)?)
        }
        Way::Login => ("login", place("login_session")?),
        Way::Token => {
            let token = keys.get("web_identity_token_file").filter(|_| keys.contains_key("role_arn"))?;
            let file = Choice::takes("file", Place::file(&token.value), "it is named there");
            return Some(file.through("web-identity", token.place(), RULE));
        }
    };
    Some(Choice::takes(method, place, RULE))
}

/// The profiles of both files together; keys of the credentials file come before those of the config file.
fn profiles(observation: &Observation<'_>) -> BTreeMap<String, Keys> {
    let mut profiles = BTreeMap::<String, Keys>::new();
    for section in IniFile::read_leniently(observation, &config_path(observation)).sections {
        let name =
            section.title.strip_prefix("profile ").map(|name| name.trim().trim_matches('"').to_owned());
        if let Some(name) = name.or_else(|| (section.title == "default").then_some(section.title)) {
            profiles.entry(name).or_default().extend(section.keys);
        }
    }
    for section in IniFile::read_leniently(observation, &credentials_path(observation)).sections {
        profiles.entry(section.title).or_default().extend(section.keys);
    }
    profiles
}

fn keys(observation: &Observation<'_>) -> Option<Choice> {
    observation.variable("AWS_SECRET_ACCESS_KEY")?;
    observation.variable("AWS_ACCESS_KEY_ID")?;
    let rule = "keys in the environment come before every file";
    Some(Choice::takes("environment", Place::variable("AWS_ACCESS_KEY_ID"), rule))
}

fn token(observation: &Observation<'_>) -> Option<Choice> {
    const NAME: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
    let path = observation.variable(NAME)?;
    observation.variable("AWS_ROLE_ARN")?;
    Some(match &*observation.read(path.as_ref()) {
        Seen::File(_) => {
            let file = Choice::takes("file", Place::file(path), "it is named there");
            file.through(
                "web-identity",
                Place::variable(NAME),
                "an ID token for a role is in the environment",
            )
        }
        _ => Choice::fails(
            Place::variable(NAME),
            "AWS_WEB_IDENTITY_TOKEN_FILE names a file that cannot be read",
        ),
    })
}

fn container(observation: &Observation<'_>) -> Option<Choice> {
    let set = |name| Some((name, observation.variable(name)?));
    let relative = set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let (name, uri) = relative.or_else(|| set("AWS_CONTAINER_CREDENTIALS_FULL_URI"))?;
    let host = if relative.is_some() { "http://169.254.170.2" } else { "" };
    let address =
        Choice::takes("address", Place::Address { url: format!("{host}{uri}") }, "it is named there");
    let rule = "the endpoint for containers comes after every profile";
    Some(address.through("container", Place::variable(name), rule))
}

fn instance(observation: &Observation<'_>) -> Choice {
    let disabled = observation.variable("AWS_EC2_METADATA_DISABLED");
    if disabled.is_some_and(|value| !value.eq_ignore_ascii_case("false")) {
        return Choice::NOTHING;
    }
    Choice::FindsNothing { asks: Some("http://169.254.169.254") }
}
