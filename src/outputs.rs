//! Outputs: what a credential looks like in the files that SDKs and CLIs read.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use evercred_core::{Credential, Environment, Failure, Field};

use crate::config::kind::Kind;
use crate::files::Target;

/// The outputs there are.
pub const KINDS: &[Kind<Vec<Box<dyn Output>>, OutputContext>] = &[];

/// What an output is built with, besides its own config.
#[derive(Debug, Clone)]
pub struct OutputContext {
    /// The kind of the login, such as `aws`.
    pub kind: String,
    /// The name of the login, such as `default`.
    pub name: String,
    /// The environment variables.
    pub environment: Environment,
    /// The folder for files of our own.
    pub state_folder: PathBuf,
    /// The path of this program.
    pub program: PathBuf,
    /// The path of the config.
    pub config_file: PathBuf,
    /// The fields that the login's credentials have.
    pub provides: Vec<Field>,
    /// The environment variables that programs read them from.
    pub variables: Vec<(&'static str, Field)>,
}

/// Renders a credential into one file, or into its own part of a shared one. Pure: it reads and writes nothing.
pub trait Output: Debug + Send + Sync {
    /// The file.
    fn target(&self) -> &Target;

    /// The fields the credential must have.
    fn needs(&self) -> &[Field];

    /// The file's new content, given its present one (`None`: there is no file). Rendering the same credential
    /// into its own result changes nothing.
    fn render(&self, credential: &Credential, current: Option<&[u8]>) -> Result<Vec<u8>, Failure>;

    /// The part of `current` that is ours, so that after a restart or somebody's edit it can be recognised;
    /// `None` if nothing of ours is there.
    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>>;

    /// The section that is ours in a file shared with others; `None` if the whole file is ours. No two outputs
    /// may have both the file and the section in common.
    fn section(&self) -> Option<&str> {
        None
    }

    /// What in *other* files would keep programs from reading this output, as sentences with remedies. `read`
    /// gives a file's content.
    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let _ = read;
        Vec::new()
    }
}
