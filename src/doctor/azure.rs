//! Azure's client libraries: `DefaultAzureCredential`
//! ([the chain](https://learn.microsoft.com/azure/developer/python/sdk/authentication/credential-chains)).
//!
//! A link that has what it needs and is then refused ends the chain; only one that is not there is passed over. So the
//! first link that has its variables decides, whether or not they are good for anything. This is the chain of
//! azure-identity for Python (1.27). Those for JavaScript, Go, .NET and Java have the same links in the same order,
//! with differences that are said where they are.

use super::azure_cli;
use super::observation::{Observation, Seen};
use super::prediction::{Choice, Place};

/// What azure-identity for Python takes.
pub(crate) fn python(observation: &Observation<'_>) -> Choice {
    let chosen =
        observation.verbatim("AZURE_TOKEN_CREDENTIALS").unwrap_or_default().trim().to_ascii_lowercase();
    let Some(allowed) = allowed(&chosen) else {
        let place = Place::variable("AZURE_TOKEN_CREDENTIALS");
        return Choice::fails(place, "AZURE_TOKEN_CREDENTIALS names no credential that there is");
    };
    if let Some(failure) = authority(observation) {
        return failure;
    }
    if let Some(failure) = nameless(observation, &allowed) {
        return failure;
    }
    let links: [(&str, Link); 4] =
        [(ENVIRONMENT, environment), (WORKLOAD, workload), (MANAGED, managed), (CLI, cli)];
    let mut found =
        links.iter().filter(|(name, _)| allowed.contains(name)).filter_map(|(_, link)| link(observation));
    found.next().unwrap_or_else(|| Choice::FindsNothing { asks: probed(observation, &allowed) })
}

/// A link of the chain: what it has, if it has anything.
type Link = fn(&Observation<'_>) -> Option<Choice>;

const ENVIRONMENT: &str = "environmentcredential";
const WORKLOAD: &str = "workloadidentitycredential";
const MANAGED: &str = "managedidentitycredential";
const CLI: &str = "azureclicredential";
/// Links that need a person, or another program of Microsoft's.
const OTHERS: [&str; 4] = [
    "visualstudiocodecredential",
    "azuredeveloperclicredential",
    "azurepowershellcredential",
    "interactivebrowsercredential",
];

/// The links that the variable leaves of the chain.
fn allowed(chosen: &str) -> Option<Vec<&'static str>> {
    match chosen {
        "" => Some(vec![ENVIRONMENT, WORKLOAD, MANAGED, CLI]),
        "prod" => Some(vec![ENVIRONMENT, WORKLOAD, MANAGED]),
        "dev" => Some(vec![CLI]),
        _ => [ENVIRONMENT, WORKLOAD, MANAGED, CLI]
            .iter()
            .chain(&OTHERS)
            .find(|name| **name == chosen)
            .map(|one| vec![*one]),
    }
}

/// An authority that is not asked over TLS is refused before anything else.
fn authority(observation: &Observation<'_>) -> Option<Choice> {
    const NAME: &str = "AZURE_AUTHORITY_HOST";
    let scheme = observation.verbatim(NAME)?.split_once("://")?.0;
    let refused = !scheme.eq_ignore_ascii_case("https");
    refused.then(|| Choice::fails(Place::variable(NAME), "AZURE_AUTHORITY_HOST is not a https URL"))
}

/// An ID token of a cloud that is named, and no application that it is for: the whole chain cannot be made.
fn nameless(observation: &Observation<'_>, allowed: &[&str]) -> Option<Choice> {
    const HAS: [&str; 3] = ["AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"];
    const LACKS: [&str; 3] = ["AZURE_CLIENT_ID", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"];
    let is_set = |name: &str| observation.variable(name).is_some();
    let both = allowed.contains(&MANAGED) && allowed.contains(&WORKLOAD);
    (both && HAS.into_iter().all(is_set) && !LACKS.into_iter().any(is_set))
        .then(|| Choice::fails(Place::variable("AZURE_FEDERATED_TOKEN_FILE"), "AZURE_CLIENT_ID is not set"))
}

/// A service principal in the environment. Variables that are set to nothing count as set.
fn environment(observation: &Observation<'_>) -> Option<Choice> {
    const WAYS: [(&str, &[&str]); 3] = [
        ("AZURE_CLIENT_SECRET", &["AZURE_CLIENT_ID", "AZURE_TENANT_ID"]),
        ("AZURE_CLIENT_CERTIFICATE_PATH", &["AZURE_CLIENT_ID", "AZURE_TENANT_ID"]),
        ("AZURE_PASSWORD", &["AZURE_CLIENT_ID", "AZURE_USERNAME"]),
    ];
    let is_set = |name: &&str| observation.verbatim(name).is_some();
    let (name, others) = WAYS.iter().find(|(name, others)| is_set(name) && others.iter().all(is_set))?;
    let place = Place::variable(name);
    let empty = std::iter::once(name).chain(*others).find(|name| observation.variable(name).is_none());
    if let Some(empty) = empty {
        return Some(Choice::fails(Place::variable(empty), format!("{empty} is set to nothing")));
    }
    let rule = "a secret in the environment comes before the ID token";
    if *name != "AZURE_CLIENT_CERTIFICATE_PATH" {
        return Some(Choice::takes("EnvironmentCredential", place, rule));
    }
    let path = observation.variable(name).unwrap_or_default();
    Some(match &*observation.read(path.as_ref()) {
        Seen::File(_) => {
            let file = Choice::takes("file", Place::file(path), "it is named there");
            file.through("EnvironmentCredential", place, rule)
        }
        _ => Choice::fails(place, "AZURE_CLIENT_CERTIFICATE_PATH names a file that cannot be read"),
    })
}

/// The ID token in a file.
fn workload(observation: &Observation<'_>) -> Option<Choice> {
    const FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
    let (path, place) = (observation.variable(FILE)?, Place::variable(FILE));
    observation.variable("AZURE_CLIENT_ID")?;
    observation.variable("AZURE_TENANT_ID")?;
    let rule = "no secret is in the environment";
    Some(match &*observation.read(path.as_ref()) {
        Seen::File(_) => {
            let file = Choice::takes("file", Place::file(path), "it is named there");
            file.through("WorkloadIdentityCredential", place, rule)
        }
        _ => Choice::fails(place, "AZURE_FEDERATED_TOKEN_FILE names a file that cannot be read"),
    })
}

/// The identity of a machine or service.
fn managed(observation: &Observation<'_>) -> Option<Choice> {
    const METHOD: &str = "ManagedIdentityCredential";
    const RULE: &str = "neither a secret nor an ID token is in the environment";
    const IDENTITY: &str = "IDENTITY_ENDPOINT";
    let is_set = |name: &&str| observation.variable(name).is_some();
    let at = |name: &str| {
        let url = observation.variable(name)?.to_owned();
        let address = Choice::takes("address", Place::Address { url }, "it is named there");
        Some(address.through(METHOD, Place::variable(name), RULE))
    };
    if is_set(&IDENTITY) {
        let is_whole = ["IDENTITY_HEADER", "IMDS_ENDPOINT"].iter().any(is_set);
        return if is_whole { at(IDENTITY) } else { None };
    }
    at("MSI_ENDPOINT").or_else(|| at("AZURE_POD_IDENTITY_AUTHORITY_HOST"))
}

/// The metadata of a virtual machine, which is probed for where nothing else is named.
fn probed(observation: &Observation<'_>, allowed: &[&str]) -> Option<&'static str> {
    let is_elsewhere = observation.variable("IDENTITY_ENDPOINT").is_some();
    (allowed.contains(&MANAGED) && !is_elsewhere).then_some("http://169.254.169.254")
}

/// What `az` is logged in as.
fn cli(observation: &Observation<'_>) -> Option<Choice> {
    let path = observation.program("az")?;
    match azure_cli::choose(observation) {
        found @ Choice::Takes(_) => {
            let rule = "no other credential is there";
            Some(found.through("AzureCliCredential", Place::Program { path }, rule))
        }
        // What it says then is passed over.
        Choice::Fails { .. } | Choice::FindsNothing { .. } => None,
    }
}
