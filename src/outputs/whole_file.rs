//! Outputs that own a whole file: where it is, and what they have in common.

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::{BuildError, Credential, Failure, Field, Secret};

use super::mode::Mode;
use super::{Output, OutputContext, Way};
use crate::endpoints::Endpoint;
use crate::files::Target;

/// What stands in a file that is ours alone.
pub(super) trait Document: Debug + Send + Sync {
    /// The file's content.
    fn write(&self, credential: &Credential, target: &Target) -> Result<Vec<u8>, Failure>;

    /// The fields that can be read back from it.
    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        let _ = current;
        Vec::new()
    }

    /// See [`Output::environment`].
    fn environment(&self) -> Option<Way> {
        None
    }

    /// See [`Output::endpoint`].
    fn endpoint(&self) -> Option<Arc<dyn Endpoint>> {
        None
    }

    /// See [`Output::shadows`].
    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let _ = read;
        Vec::new()
    }
}

/// A file that is ours alone.
#[derive(Debug)]
pub(super) struct WholeFile<D> {
    pub(super) target: Target,
    pub(super) needs: Vec<Field>,
    pub(super) document: D,
}

impl<D: Document> Output for WholeFile<D> {
    fn target(&self) -> &Target {
        &self.target
    }

    fn needs(&self) -> &[Field] {
        &self.needs
    }

    fn render(&self, credential: &Credential, _: Option<&[u8]>) -> Result<Vec<u8>, Failure> {
        self.document.write(credential, &self.target)
    }

    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>> {
        Some(current.to_vec())
    }

    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        self.document.recall(current)
    }

    fn environment(&self) -> Option<Way> {
        self.document.environment()
    }

    fn endpoint(&self) -> Option<Arc<dyn Endpoint>> {
        self.document.endpoint()
    }

    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        self.document.shadows(read)
    }
}

/// The file at `path`, or the login's own with this `extension` in the state folder.
pub(super) fn target(
    path: Option<&str>,
    mode: Option<Mode>,
    extension: &str,
    context: &OutputContext,
) -> Result<Target, BuildError> {
    let path = match path {
        Some(path) => context.environment.expand(path),
        None => context.state_folder.join(format!("{}.{extension}", context.login())),
    };
    Ok(Target::new(absolute("path", path)?, mode.unwrap_or(Mode::PRIVATE).bits()).owned_by(context.owner))
}

/// `path`, the value of config's `key`, if a file can be there.
pub(super) fn absolute(key: &'static str, path: PathBuf) -> Result<PathBuf, BuildError> {
    if path.is_absolute() && path.file_name().is_some() {
        return Ok(path);
    }
    Err(BuildError::at(key, format!("`{}` is not the absolute path of a file", path.display()))
        .hint("Begin it with `/` or with `~/`; evercred runs in no particular folder."))
}

#[cfg(test)]
mod tests {
    use super::super::testing::context;
    use super::*;

    #[test]
    fn a_tilde_stands_for_home_and_the_mode_is_private_unless_set() {
        let target = target(Some("~/.config/app/secret"), None, "json", &context()).unwrap();
        assert_eq!(target.path.to_str(), Some("/home/dev/.config/app/secret"));
        assert_eq!(target.mode, 0o600);
    }

    #[test]
    fn a_relative_path_is_refused_with_the_remedy() {
        let error = target(Some("secret"), None, "json", &context()).unwrap_err();
        assert_eq!(
            (error.key, error.message.as_str()),
            (Some("path"), "`secret` is not the absolute path of a file")
        );
        assert!(error.hint.unwrap().contains("`~/`"));
    }
}
