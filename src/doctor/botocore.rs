//! botocore: boto3 and the aws CLI, and everything in Python that calls AWS.
//!
//! The chain is that of `botocore.credentials.create_credential_resolver` (1.44). The first link that has something
//! decides, and a link that has half of something is an error, not a reason to go on.

pub(crate) mod profiles;
mod role;

use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};
use super::python_ini::{Entry, IniFile, Keys};
use profiles::{Profiles, selected};

/// What botocore takes.
pub(crate) fn choose(observation: &Observation<'_>) -> Choice {
    let profiles = match Profiles::read(observation) {
        Ok(profiles) => profiles,
        Err(failure) => return failure,
    };
    let profile = match selected(observation) {
        Some((name, place)) if !profiles.merged.contains_key(name) => {
            return Choice::fails(place, format!("there is no profile {name:?}"));
        }
        Some((name, _)) => name,
        None => "default",
    };
    let botocore = Botocore { observation, profiles, profile: profile.to_owned(), none: Keys::new() };
    match botocore.first().unwrap_or(Choice::NOTHING) {
        failure @ Choice::Fails { .. } => failure,
        other => botocore.refused_session().unwrap_or(other),
    }
}

struct Botocore<'o, 'l> {
    observation: &'o Observation<'l>,
    profiles: Profiles,
    profile: String,
    none: Keys,
}

/// What a link of the chain says; none, if it has nothing.
type Link = Option<Choice>;

const ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";
const OF_SESSION: [&str; 2] = ["sso_start_url", "sso_region"];
const OF_PROFILE: [&str; 2] = ["sso_role_name", "sso_account_id"];

impl Botocore<'_, '_> {
    fn first(&self) -> Link {
        let before = self.environment().or_else(|| self.role());
        let profile = before.or_else(|| self.in_profile(&self.profile, true));
        let legacy = profile.or_else(|| self.ec2_file()).or_else(|| self.boto_file());
        legacy.or_else(|| self.container()).or_else(|| self.instance())
    }

    /// The keys of a profile in both files together.
    fn keys(&self, profile: &str) -> &Keys {
        self.profiles.merged.get(profile).unwrap_or(&self.none)
    }

    /// What a profile has; the environment may say something about its web identity.
    fn in_profile(&self, profile: &str, with_environment: bool) -> Link {
        let keys = self.keys(profile);
        let first = self.web_identity(keys, with_environment).or_else(|| self.single_sign_on(keys));
        let shared = first.or_else(|| {
            let rule = "keys in the credentials file come before the other ways of a profile";
            static_keys(self.profiles.credentials.section(profile)?, "shared-credentials-file", rule)
        });
        let process = shared.or_else(|| login(keys)).or_else(|| process(keys));
        process.or_else(|| {
            let rule = "keys in the config file come after the other ways of a profile";
            static_keys(self.profiles.config.get(profile)?, "config-file", rule)
        })
    }

    fn environment(&self) -> Link {
        self.observation.variable("AWS_ACCESS_KEY_ID")?;
        let place = Place::variable("AWS_ACCESS_KEY_ID");
        if self.observation.variable("AWS_SECRET_ACCESS_KEY").is_none() {
            return Some(Choice::fails(place, "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"));
        }
        Some(Choice::takes("env", place, "keys in the environment come before everything else"))
    }

    fn web_identity(&self, keys: &Keys, with_environment: bool) -> Link {
        let find = |variable: &str, key: &str| {
            let set = self.observation.verbatim(variable).filter(|_| with_environment);
            let set = set.map(|value| (value.to_owned(), Place::variable(variable)));
            set.or_else(|| keys.get(key).map(|entry| (entry.value.clone(), entry.place())))
                .filter(|(value, _)| !value.is_empty())
        };
        let (file, place) = find("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file")?;
        if find("AWS_ROLE_ARN", "role_arn").is_none() {
            return Some(Choice::fails(place, "there is a file of an ID token, and no role to take with it"));
        }
        let rule = "an ID token for a role comes before keys in files";
        let file = Choice::takes("file", Place::file(file), "it is named there");
        Some(file.through("assume-role-with-web-identity", place, rule))
    }

    /// Every client that is made looks at the session for single sign-on, whatever its credential comes from.
    fn refused_session(&self) -> Link {
        let named = self.keys(&self.profile).get("sso_session")?;
        let session = self.profiles.sessions.get(&named.value);
        let is_whole = |session: &Keys| OF_SESSION.iter().all(|key| session.contains_key(*key));
        let is_refused = !session.is_some_and(is_whole);
        is_refused.then(|| {
            Choice::fails(named.place(), "the sso-session does not exist, or lacks its URL or region")
        })
    }

    fn single_sign_on(&self, keys: &Keys) -> Link {
        let entry = OF_PROFILE.into_iter().find_map(|key| keys.get(key))?;
        let none = Keys::new();
        let session = match keys.get("sso_session") {
            None => &none,
            Some(named) => match self.profiles.sessions.get(&named.value) {
                None => return Some(Choice::fails(named.place(), "the sso-session does not exist")),
                Some(session) => session,
            },
        };
        let differs = |(key, value): (&String, &Entry)| {
            keys.get(key).is_some_and(|own| own.value != value.value).then(|| value.place())
        };
        if let Some(place) = session.iter().find_map(differs) {
            return Some(Choice::fails(place, "the sso-session and the profile contradict each other"));
        }
        let is_there = |key: &&str| keys.contains_key(*key) || session.contains_key(*key);
        if !OF_PROFILE.iter().chain(&OF_SESSION).all(is_there) {
            return Some(Choice::fails(entry.place(), "keys of the single sign-on are missing"));
        }
        Some(Choice::takes("sso", entry.place(), "single sign-on comes before keys in files"))
    }

    /// `AWS_CREDENTIAL_FILE`, of the command line tools of EC2 of old.
    fn ec2_file(&self) -> Link {
        let path = self.observation.expand_user(self.observation.verbatim("AWS_CREDENTIAL_FILE")?);
        let place = Place::variable("AWS_CREDENTIAL_FILE");
        let seen = self.observation.read(&path);
        let Seen::File(bytes) = &*seen else {
            return Some(Choice::fails(place, "AWS_CREDENTIAL_FILE names a file that cannot be read"));
        };
        let text = String::from_utf8_lossy(bytes);
        let has = |key: &str| {
            text.lines().any(|line| line.split_once('=').is_some_and(|(name, _)| name.trim() == key))
        };
        if !has("AWSAccessKeyId") {
            return None;
        }
        if !has("AWSSecretKey") {
            return Some(Choice::fails(Place::file(path), "the file has no AWSSecretKey"));
        }
        let file = Choice::takes("file", Place::file(path), "it is named there");
        Some(file.through("ec2-credentials-file", place, "this file comes after every profile"))
    }

    /// `~/.boto`, of boto 2.
    fn boto_file(&self) -> Link {
        let named = self.observation.verbatim("BOTO_CONFIG");
        let places = named.map_or(vec!["/etc/boto.cfg", "~/.boto"], |path| vec![path]);
        for place in places {
            let file = match IniFile::read(self.observation, &self.observation.expand(place)) {
                Ok(file) => file,
                Err(failure) => return Some(failure),
            };
            let rule = "the settings of boto 2 come after every profile";
            let section = file.as_ref().and_then(|file| file.section("Credentials"));
            if let Some(found) = section.and_then(|keys| static_keys(keys, "boto-config", rule)) {
                return Some(found);
            }
        }
        None
    }

    /// The credentials endpoint of containers.
    fn container(&self) -> Link {
        const RULE: &str = "the endpoint for containers comes after every profile";
        let set = |name| Some((name, self.observation.verbatim(name)?));
        let relative = set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let (variable, uri) = relative.or_else(|| set("AWS_CONTAINER_CREDENTIALS_FULL_URI"))?;
        let host = if relative.is_some() { "http://169.254.170.2" } else { "" };
        let address = Place::Address { url: format!("{host}{uri}") };
        let address = Choice::takes("address", address, "it is named there");
        Some(address.through("container-role", Place::variable(variable), RULE))
    }

    /// The instance metadata of EC2.
    fn instance(&self) -> Link {
        const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
        const RULE: &str = "nothing else is there, so the instance metadata of EC2 is asked";
        let disabled = self.observation.verbatim("AWS_EC2_METADATA_DISABLED");
        if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return None;
        }
        let keys = self.profiles.merged.get(&self.profile).unwrap_or(&self.none);
        let in_profile = || Some(keys.get("ec2_metadata_service_endpoint")?.value.clone());
        let url = self.observation.verbatim(ENDPOINT).map(str::to_owned).or_else(in_profile);
        Some(match url {
            Some(url) => Choice::takes("iam-role", Place::Address { url }, RULE),
            None => Choice::FindsNothing { asks: Some("http://169.254.169.254") },
        })
    }
}

fn static_keys(keys: &Keys, method: &'static str, rule: &'static str) -> Link {
    let place = keys.get(ID)?.place();
    Some(match keys.get(SECRET) {
        Some(_) => Choice::takes(method, place, rule),
        None => Choice::fails(place, "there is an aws_access_key_id without an aws_secret_access_key"),
    })
}

fn process(keys: &Keys) -> Link {
    let place = keys.get("credential_process")?.place();
    Some(Choice::takes("custom-process", place, "no keys for this profile are in the credentials file"))
}

fn login(keys: &Keys) -> Link {
    let place = keys.get("login_session")?.place();
    Some(Choice::takes("login", place, "a login of the aws CLI comes before a credential_process"))
}
