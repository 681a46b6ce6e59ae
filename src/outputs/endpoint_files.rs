//! The files with which programs find an endpoint: its key, and its variables.

use std::path::Path;
use std::sync::Arc;

use evercred_core::{BuildError, Credential, Environment, Failure, Field};

use super::env_file::{self, Value, Variable, Variables, is_plain};
use super::whole_file::{WholeFile, target};
use super::{Output, OutputContext};
use crate::endpoints::{Endpoint, Key};
use crate::files::Target;
use crate::serve::Listen;

/// What in other files, and in the environment, keeps programs from asking an endpoint, given what reads a file.
pub(super) type Shadows = fn(&str, &Environment, &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String>;

/// The file of an endpoint's key.
#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) key: Arc<Key>,
    /// What the endpoint answers with.
    pub(super) needs: Vec<Field>,
    pub(super) endpoint: Arc<dyn Endpoint>,
    pub(super) shadows: Shadows,
    /// The login, and the environment of its programs.
    pub(super) surroundings: (String, Environment),
}

impl Output for KeyFile {
    fn target(&self) -> &Target {
        self.key.target()
    }

    fn needs(&self) -> &[Field] {
        &self.needs
    }

    /// The key has nothing to do with the credential.
    fn render(&self, _: &Credential, current: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        self.key.render(current)
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        Key::is_key(current).then(|| current.to_vec())
    }

    fn endpoint(&self) -> Option<Arc<dyn Endpoint>> {
        Some(Arc::clone(&self.endpoint))
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let (login, environment) = &self.surroundings;
        (self.shadows)(login, environment, read)
    }
}

/// The URL of `listen`: programs are told it before anybody listens there, so it has to be known.
pub(super) fn url(listen: &Listen) -> Result<String, BuildError> {
    match listen {
        Listen::Loopback(address) if address.port() != 0 => Ok(format!("http://{address}")),
        Listen::Loopback(_) => Err(BuildError::at("listen", "programs must know the port beforehand")
            .hint("Choose a port, such as \"127.0.0.1:7321\".")),
        Listen::Socket(_) => {
            Err(BuildError::at("listen", "these programs can only ask an address with a port")
                .hint("Write it like \"127.0.0.1:7321\"."))
        }
    }
}

/// A file of variables, the same for every credential.
pub(super) fn variables(
    path: Option<&str>,
    extension: &str,
    variables: &[(&str, String)],
    context: &OutputContext,
) -> Result<WholeFile<Variables>, BuildError> {
    if let Some((name, value)) = variables.iter().find(|(_, value)| !is_plain(value)) {
        let message = format!("{name} would be {value}, which shells and Docker read differently");
        return Err(BuildError { key: None, message, hint: None }
            .hint("Choose paths of letters, digits and `_ - . /` only."));
    }
    let lines = variables
        .iter()
        .map(|(name, value)| Variable { name: (*name).to_owned(), value: Value::Fixed(value.clone()) });
    Ok(env_file::file(target(path, None, extension, context)?, lines.collect(), false))
}

/// A path as a variable has it.
pub(super) fn utf8(path: &Path) -> Result<String, BuildError> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        let message = format!("the path {} is not UTF-8", path.display());
        BuildError { key: None, message, hint: None }.hint("Choose another path, or another XDG_STATE_HOME.")
    })
}
