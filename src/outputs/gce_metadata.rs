//! `gce-metadata`: a metadata server as on Compute Engine, and the variables that lead Google's programs to it.
//!
//! Google's libraries of every language ask it for a new token some minutes before the last one ends, so a process that
//! lives for weeks works; and so does `gcloud`, which asks at each start. They look for it last: a file of credentials that
//! `GOOGLE_APPLICATION_CREDENTIALS` names, or that lies at the well-known place, goes before it.
//!
//! There is no secret in the protocol: see `endpoints/gce_metadata.rs` for who is answered. The file holds no
//! secret either.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::{BuildError, Configured, Credential, Environment, Failure, Field};
use schemars::JsonSchema;
use serde::Deserialize;

use super::endpoint_files::url;
use super::env_file::{self, Value, Variable, Variables};
use super::external_account::WELL_KNOWN;
use super::gcloud::folder;
use super::whole_file::{Document, WholeFile, target};
use super::{Output, OutputContext, Readers, Way};
use crate::endpoints::{Endpoint, GceMetadata, INSTANCE};
use crate::files::Target;
use crate::serve::Listen;

/// A metadata server as on Compute Engine, on the loopback interface, for Google's libraries and for gcloud; and a file of
/// the variables that lead them there. The daemon has to run. The protocol has no secret: whoever may connect gets the
/// token, so only programs of the same user, and of root, are answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// Where it listens: a loopback address with a port. Programs hold it in their environment, so it must not change.
    listen: Listen,
    /// Answer programs of every user of this machine, as for containers in the same network whose users have other
    /// numbers. Every process that reaches the port then gets the token.
    allow_other_users: bool,
    /// The number of the project. By default that of the pool, which may be in another project.
    project_number: Option<u64>,
    /// Where the file of variables is, absolute or with `~/`; `LOGIN.gce-metadata.env` in the state folder if not set.
    env_file: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: Listen::Loopback(([127, 0, 0, 1], 7312).into()),
            allow_other_users: false,
            project_number: None,
            env_file: None,
        }
    }
}

const PROJECT: Field = Field::new("project");

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let url = url(&self.listen)?;
        let variables = variables(url.trim_start_matches("http://"), context);
        // gcloud, too, finds it by these, unless it has an account of its own.
        let way = env_file::way(Readers::Google, &variables, context);
        let target = target(self.env_file.as_deref(), None, "gce-metadata.env", context)
            .map_err(|error| BuildError { key: error.key.map(|_| "env_file"), ..error })?;
        let users = (!self.allow_other_users).then(|| context.users());
        let document = Metadata {
            variables: env_file::lines(variables, false),
            endpoint: Arc::new(GceMetadata::new(self.listen, users, self.project_number)),
            way,
            environment: context.environment.clone(),
            well_known: folder(&context.environment).ok().map(|folder| folder.join(WELL_KNOWN)),
        };
        Ok(vec![Box::new(WholeFile { target, needs: vec![Field::ACCESS_TOKEN, INSTANCE], document })])
    }
}

/// What leads Google's programs to the address: libraries find out by the IP whether there is one; gcloud has a name of
/// its own for the host.
fn variables(address: &str, context: &OutputContext) -> Vec<Variable> {
    let fixed =
        |name: &str, value: &str| Variable { name: name.to_owned(), value: Value::Fixed(value.to_owned()) };
    let mut variables: Vec<Variable> =
        ["GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT"].map(|name| fixed(name, address)).into();
    variables.push(fixed("CLOUDSDK_CORE_CHECK_GCE_METADATA", "true"));
    if context.provides.contains(&PROJECT) {
        let value = Value::Of { field: PROJECT, needed: true };
        variables.push(Variable { name: "GOOGLE_CLOUD_PROJECT".to_owned(), value });
    }
    variables
}

/// The variables and the server that they lead to.
#[derive(Debug)]
struct Metadata {
    variables: Variables,
    endpoint: Arc<GceMetadata>,
    way: Way,
    environment: Environment,
    well_known: Option<PathBuf>,
}

impl Document for Metadata {
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure> {
        self.variables.write(credential, target)
    }

    fn endpoint(&self) -> Option<Arc<dyn Endpoint>> {
        Some(Arc::clone(&self.endpoint) as Arc<dyn Endpoint>)
    }

    fn environment(&self) -> Option<Way> {
        Some(self.way.clone())
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        const VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
        let instead = "which Google's libraries use rather than a metadata server";
        if let Some(file) = self.environment.get(VARIABLE) {
            return vec![format!("{VARIABLE} names {file}, {instead}: unset it.")];
        }
        let known = self.well_known.as_deref().filter(|path| read(path).is_some());
        let told = |path: &Path| format!("There is {}, {instead}: remove it.", path.display());
        known.map(told).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use evercred_core::Secret;

    use super::super::testing::{context, credential, text};
    use super::*;

    /// The login `gcp.default`.
    fn google() -> OutputContext {
        let provides = vec![Field::ACCESS_TOKEN, PROJECT];
        OutputContext { kind: "gcp".to_owned(), provides, ..context() }
    }

    #[test]
    fn the_variables_lead_to_the_address_and_hold_no_secret() {
        let outputs = Config::default().build(&google()).unwrap();
        assert_eq!(outputs[0].endpoint().unwrap().listen().to_string(), "127.0.0.1:7312");
        let way = outputs[0].environment().unwrap();
        assert!(way.refreshes && way.variables.iter().any(|variable| variable.name == "GCE_METADATA_HOST"));
        let credential = credential().with(PROJECT, Secret::new("acme-dev"));
        insta::assert_snapshot!(text(outputs[0].render(&credential, None).unwrap()), @"
        GCE_METADATA_HOST=127.0.0.1:7312
        GCE_METADATA_IP=127.0.0.1:7312
        GCE_METADATA_ROOT=127.0.0.1:7312
        CLOUDSDK_CORE_CHECK_GCE_METADATA=true
        GOOGLE_CLOUD_PROJECT=acme-dev
        ");
    }

    #[test]
    fn an_address_that_programs_cannot_know_or_ask_is_refused() {
        for listen in ["unix:/run/metadata.sock", "127.0.0.1:0"] {
            let config = Config { listen: listen.parse().unwrap(), ..Config::default() };
            assert_eq!(config.build(&google()).unwrap_err().key, Some("listen"), "{listen}");
        }
    }

    #[test]
    fn what_goes_before_a_metadata_server_is_told() {
        let shadows = |variables: &[(&str, &str)], there: &str| {
            let environment = variables.iter().copied().chain([("HOME", "/home/dev")]).collect();
            let outputs = Config::default().build(&OutputContext { environment, ..google() }).unwrap();
            outputs[0].shadows(&|path| (path == Path::new(there)).then(Vec::new))
        };
        assert_eq!(shadows(&[], ""), [""; 0]);
        let told = shadows(&[("GOOGLE_APPLICATION_CREDENTIALS", "/key.json")], "");
        assert!(told.len() == 1 && told[0].contains("/key.json"), "{told:?}");
        let well_known = "/home/dev/.config/gcloud/application_default_credentials.json";
        let told = shadows(&[], well_known);
        assert!(told.len() == 1 && told[0].contains(well_known), "{told:?}");
    }
}
