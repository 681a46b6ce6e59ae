//! A login's usual outputs in a folder of their own, for one program and what that starts.

use std::path::Path;
use std::sync::Arc;

use evercred_core::Environment;
use toml::Spanned;
use toml::de::DeTable;

use super::load::Machine;
use super::schema::Schemas;
use crate::digest;
use crate::files::Target;
use crate::login::{Login, Origin, Policy};
use crate::outputs::consumers::Served;
use crate::outputs::{Output, OutputContext};
use crate::registry::Registry;

/// The same login with the outputs that a config gets which names none, all of them below `folder`; `None` if such a
/// login has some that can be in one place only, or is a secret.
pub fn in_folder(
    login: &Login,
    folder: &Path,
    registry: &Registry,
    machine: &Machine,
    config_file: &Path,
) -> Option<Arc<Login>> {
    let Origin::Exchange { source, provider } = &login.origin else { return None };
    let kind = registry.providers.iter().find(|kind| kind.kind.name == login.id.kind())?;
    let context = OutputContext {
        kind: login.id.kind().to_owned(),
        name: login.id.name().to_owned(),
        environment: moved(&machine.build.surroundings.environment, folder)?,
        owner: None,
        state_folder: folder.to_owned(),
        program: machine.program.clone(),
        credential_process: machine.credential_process.clone(),
        config_file: config_file.to_owned(),
        provides: provider.provides().to_vec(),
        variables: provider.variables().to_vec(),
        fixed: provider.fixed(),
    };
    let (mut outputs, mut served): (Vec<Box<dyn Output>>, _) = (Vec::new(), Vec::new());
    let schemas = Schemas::default();
    for name in kind.outputs {
        let output = registry.outputs.iter().find(|output| output.name == *name)?;
        let built = output.build(&schemas, &Spanned::new(0..0, DeTable::new()), &[], &context).ok()?;
        served.push(Served::new(name, &built));
        outputs.extend(built);
    }
    outputs.iter().all(|output| output.target().path.starts_with(folder)).then(|| {
        let origin = Origin::Exchange { source: Arc::clone(source), provider: Arc::clone(provider) };
        Arc::new(Login {
            id: login.id.clone(),
            fingerprint: digest::of(format!("{} {}", login.fingerprint, folder.display())),
            origin,
            outputs,
            served,
            policy: Policy { ..login.policy },
            hooks: Vec::new(),
            reason: Target::new(folder.join(format!("{}.reason.json", login.id)), 0o600),
            hosts: Vec::new(),
            has_secrets: false,
        })
    })
}

/// The environment of programs that look for shared files in `folder`.
fn moved(environment: &Environment, folder: &Path) -> Option<Environment> {
    let places = [
        ("AWS_CONFIG_FILE", "aws.config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "aws.credentials"),
        ("CLOUDSDK_CONFIG", "gcloud"),
        ("AZURE_CONFIG_DIR", "azure"),
        ("BOTO_CONFIG", "boto"),
    ];
    let places: Option<Vec<(&str, String)>> =
        places.into_iter().map(|(name, file)| Some((name, folder.join(file).to_str()?.to_owned()))).collect();
    let variables = environment.iter().map(|(name, value)| (name, value.to_owned()));
    Some(variables.chain(places?).collect())
}
