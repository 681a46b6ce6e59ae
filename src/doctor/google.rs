//! Google's client libraries: application default credentials
//! ([how they are found](https://cloud.google.com/docs/authentication/application-default-credentials)).
//!
//! The order is the same everywhere: the file that a variable names, the file at the well-known place, the metadata
//! server. Where the well-known place is, what an empty variable means, and which variable leads to the metadata server,
//! differs from library to library (google-auth 2.62 for Python, google-auth-library 10.9 for Node, x/oauth2 and
//! cloud.google.com/go/auth for Go, google-cloud-auth 1.18 for Rust).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};

/// How a library goes about it.
struct Dialect {
    /// The variables that may name the file.
    variables: &'static [&'static str],
    /// Whether a variable that is set to nothing names a file, which is not there.
    empty_is_a_path: bool,
    /// How `CLOUDSDK_CONFIG` moves the well-known place.
    config: Config,
    /// What is asked first to find out whether there is a metadata server, and then where it is.
    metadata: &'static [&'static [&'static str]],
    /// The variable that keeps it from being asked.
    no_metadata: Option<&'static str>,
    /// Whether a file that lacks something is refused at once.
    checks_fields: bool,
}

#[derive(PartialEq, Eq)]
enum Config {
    Ignored,
    /// Also if it is empty, which is then the working folder.
    Verbatim,
    IfSet,
}

const CREDENTIALS: &str = "GOOGLE_APPLICATION_CREDENTIALS";

const PYTHON: Dialect = Dialect {
    variables: &[CREDENTIALS],
    empty_is_a_path: false,
    config: Config::Verbatim,
    metadata: &[&["GCE_METADATA_IP"], &["GCE_METADATA_HOST", "GCE_METADATA_ROOT"]],
    no_metadata: Some("NO_GCE_CHECK"),
    checks_fields: true,
};

const NODE: Dialect = Dialect {
    variables: &[CREDENTIALS, "google_application_credentials"],
    empty_is_a_path: false,
    config: Config::IfSet,
    metadata: &[&["GCE_METADATA_IP", "GCE_METADATA_HOST"]],
    no_metadata: None,
    checks_fields: false,
};

const GO: Dialect = Dialect {
    variables: &[CREDENTIALS],
    empty_is_a_path: false,
    config: Config::Ignored,
    metadata: &[&["GCE_METADATA_HOST"]],
    no_metadata: None,
    checks_fields: false,
};

const RUST: Dialect = Dialect {
    variables: &[CREDENTIALS],
    empty_is_a_path: true,
    config: Config::Ignored,
    metadata: &[&["GCE_METADATA_HOST"]],
    no_metadata: None,
    checks_fields: false,
};

pub(crate) fn python(observation: &Observation<'_>) -> Choice {
    PYTHON.choose(observation)
}

pub(crate) fn node(observation: &Observation<'_>) -> Choice {
    NODE.choose(observation)
}

pub(crate) fn go(observation: &Observation<'_>) -> Choice {
    GO.choose(observation)
}

pub(crate) fn rust(observation: &Observation<'_>) -> Choice {
    RUST.choose(observation)
}

/// The kinds of credential a file may hold, and what each must have.
const KINDS: [(&str, &[&str]); 6] = [
    ("authorized_user", &["client_id", "client_secret", "refresh_token"]),
    ("service_account", &["client_email", "token_uri", "private_key"]),
    ("external_account", &["credential_source"]),
    ("external_account_authorized_user", &[]),
    ("impersonated_service_account", &["source_credentials", "service_account_impersonation_url"]),
    ("gdch_service_account", &["name", "private_key"]),
];

impl Dialect {
    fn choose(&self, observation: &Observation<'_>) -> Choice {
        let well_known = self.well_known(observation);
        let named = self.named(observation).filter(|(_, path)| *path != well_known);
        if let Some((variable, path)) = named {
            let place = Place::variable(variable);
            let rule = "the file that this variable names comes before everything else";
            return match &*observation.read(&path) {
                Seen::File(content) => self.in_file(content, &path).through("variable", place, rule),
                _ => Choice::fails(place, format!("{variable} names a file that cannot be read")),
            };
        }
        match &*observation.read(&well_known) {
            Seen::File(content) => self.in_file(content, &well_known),
            Seen::Unreadable => Choice::fails(Place::file(&well_known), "the file cannot be read"),
            Seen::Nothing | Seen::NoFile => self.metadata(observation),
        }
    }

    fn named(&self, observation: &Observation<'_>) -> Option<(&'static str, PathBuf)> {
        let value = |name: &'static str| {
            let value = observation.verbatim(name).filter(|value| self.empty_is_a_path || !value.is_empty());
            Some((name, PathBuf::from(value?)))
        };
        self.variables.iter().find_map(|name| value(name))
    }

    fn well_known(&self, observation: &Observation<'_>) -> PathBuf {
        const FILE: &str = "application_default_credentials.json";
        let folder = match self.config {
            Config::Ignored => None,
            Config::Verbatim => observation.verbatim("CLOUDSDK_CONFIG"),
            Config::IfSet => observation.variable("CLOUDSDK_CONFIG"),
        };
        folder.map_or_else(|| observation.home(".config/gcloud"), PathBuf::from).join(FILE)
    }

    fn in_file(&self, content: &[u8], path: &Path) -> Choice {
        let place = Place::file(path);
        let Ok(Value::Object(settings)) = serde_json::from_slice(content) else {
            return Choice::fails(place, "the file is not a JSON object");
        };
        let kind = settings.get("type").and_then(Value::as_str);
        let Some((kind, fields)) = KINDS.iter().find(|(name, _)| Some(*name) == kind) else {
            return Choice::fails(place, "the file is of no type that this library knows");
        };
        if self.checks_fields
            && let Some(error) = lacking(&settings, fields)
        {
            return Choice::fails(place, error);
        }
        let rule = "the file at this place comes before the metadata server";
        let token = settings.get("credential_source").and_then(|source| source.get("file")?.as_str());
        match token {
            Some(token) => {
                Choice::takes("file", Place::file(token), "it is named there").through(kind, place, rule)
            }
            None => Choice::takes(kind, place, rule),
        }
    }

    fn metadata(&self, observation: &Observation<'_>) -> Choice {
        const RULE: &str = "no file is there, so the metadata server of Google Cloud is asked";
        if self.no_metadata.is_some_and(|name| observation.verbatim(name) == Some("true")) {
            return Choice::NOTHING;
        }
        let named = |names: &&[&'static str]| {
            names.iter().find_map(|name| Some((*name, observation.variable(name)?.to_owned())))
        };
        // Whoever is asked whether there is one must answer, too.
        let mut asked: Vec<_> = self.metadata.iter().map(named).collect();
        match (asked.pop().flatten(), asked.iter().all(Option::is_some)) {
            (Some((name, url)), true) => {
                let address = Choice::takes("address", Place::Address { url }, "it is named there");
                address.through("metadata", Place::variable(name), RULE)
            }
            _ => Choice::FindsNothing { asks: Some("http://169.254.169.254") },
        }
    }
}

/// What keeps a file from being taken although its type is known.
fn lacking(settings: &Map<String, Value>, fields: &[&str]) -> Option<String> {
    let missing = fields.iter().find(|field| settings.get(**field).is_none_or(Value::is_null));
    if let Some(field) = missing {
        return Some(format!("the file lacks `{field}`"));
    }
    let key = settings.get("private_key").and_then(Value::as_str);
    if key.is_some_and(|key| !key.trim_start().starts_with("-----BEGIN ")) {
        return Some("the file's `private_key` is no key".to_owned());
    }
    let source = settings.get("source_credentials")?;
    let known = ["authorized_user", "service_account", "external_account_authorized_user"];
    let kind = source.get("type").and_then(Value::as_str);
    if !kind.is_some_and(|kind| known.contains(&kind)) {
        return Some(
            "the file's `source_credentials` are of no type that can be impersonated with".to_owned(),
        );
    }
    let fields = KINDS.iter().find(|(name, _)| Some(*name) == kind).map(|(_, fields)| *fields);
    lacking(source.as_object()?, fields.unwrap_or_default())
}
