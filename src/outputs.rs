//! Outputs: what a credential looks like in the files that SDKs and CLIs read.
//!
//! An output is pure: it turns a credential and the present bytes of a file into the bytes the file should have,
//! and back again. Reading, locking and writing are `files.rs`. Some outputs own a whole file; others own a few
//! keys in a file of the user's, and leave every other byte alone.
//!
//! Adding an output is one file here, one line in [`KINDS`], and a row of those who read it in `consumers.rs`.

mod azure_cli;
mod azure_token;
mod command_settings;
pub mod consumers;
mod container_endpoint;
pub mod demand;
mod endpoint_files;
mod env_file;
mod external_account;
mod field_choice;
mod gce_metadata;
mod gcloud;
pub(crate) mod ini;
mod json;
mod json_list;
mod managed_identity;
mod mode;
mod part;
mod process_document;
mod profile;
mod profile_entry;
mod profile_file;
pub(crate) mod secret_file;
mod section;
mod static_profile;
mod token_file;
mod token_helper;
mod vault_api;
mod vault_token;
mod way;
mod web_identity;
mod whole_file;
mod workload_identity;

use std::fmt::{Debug, Display};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evercred_core::{Advice, Credential, Environment, Failure, Field, Secret};

use crate::config::kind::Kind;
use crate::endpoints::Endpoint;
use crate::files::{Owner, Target};

pub(crate) use part::without_lines_of;
pub(crate) use secret_file::SecretContext;

pub use container_endpoint::answer as container_answer;
pub(crate) use env_file::quoted as shell_quoted;
pub use process_document::{answer as process_answer, document_of as process_document_of};
pub(crate) use secret_file::dotenv_value;
pub use token_helper::{EXTENSION as TOKEN_HELPER_EXTENSION, HelperToken};
pub use way::{Readers, Value, Variable, Way};

/// Everything an output can be, by the word in config.
pub const KINDS: &[Kind<Vec<Box<dyn Output>>, OutputContext>] = &[
    Kind::of::<profile::Config>("profile"),
    Kind::of::<static_profile::Config>("static-profile"),
    Kind::of::<web_identity::Config>("web-identity"),
    Kind::of::<container_endpoint::Config>("container-endpoint"),
    Kind::of::<json::Config>("json"),
    Kind::of::<env_file::Config>("env-file"),
    Kind::of::<token_file::Config>("token-file"),
    Kind::of::<vault_token::Config>("vault-token"),
    Kind::of::<vault_api::Config>("vault-api"),
    Kind::of::<workload_identity::Config>("workload-identity"),
    Kind::of::<azure_token::Config>("azure-token"),
    Kind::of::<azure_cli::Config>("azure-cli"),
    Kind::of::<token_helper::Config>("token-helper"),
    Kind::of::<external_account::Config>("external-account"),
    Kind::of::<gcloud::Config>("gcloud"),
    Kind::of::<gce_metadata::Config>("gce-metadata"),
    Kind::of::<managed_identity::Config>("managed-identity"),
];

/// Renders a credential into one file, or into its own part of a shared one. Pure: it reads and writes nothing.
pub trait Output: Debug + Send + Sync {
    /// The file.
    fn target(&self) -> &Target;

    /// The section that is ours in a file shared with others; `None` if the whole file is ours. No two outputs
    /// may have both the file and the section in common.
    fn section(&self) -> Option<&str> {
        None
    }

    /// The fields the credential must have.
    fn needs(&self) -> &[Field];

    /// The file's new content, given its present one (`None`: there is no file). Rendering the same credential
    /// into its own result changes nothing.
    fn render(&self, credential: &Credential, current: Option<&[u8]>) -> Result<Vec<u8>, Failure>;

    /// The part of `current` that is ours, so that after a restart or somebody's edit it can be recognised;
    /// `None` if nothing of ours is there.
    fn own_part(&self, current: &[u8]) -> Option<Vec<u8>>;

    /// The fields that can be read back from `current`, so that a daemon that was restarted can keep alive what an
    /// earlier one published.
    fn recall(&self, current: &[u8]) -> Vec<(Field, Secret)> {
        let _ = current;
        Vec::new()
    }

    /// The file's content as it would be had we never written it; `None` if there would be no file.
    fn retract(&self, current: &[u8]) -> Option<Vec<u8>> {
        let _ = current;
        None
    }

    /// Where the content of somebody else's is kept that this output takes the place of, until logging out gives it
    /// back. For whole files at a place that is not evercred's alone; parts of shared files keep it in themselves.
    fn keepsake(&self) -> Option<&Target> {
        None
    }

    /// Where programs ask for the credential instead of reading a file; this output is then the file of what they have to
    /// present, and [`Self::needs`] is what they are answered with.
    fn endpoint(&self) -> Option<Arc<dyn Endpoint>> {
        None
    }

    /// By which variables programs find this output; `None` if none tells them.
    fn environment(&self) -> Option<Way> {
        None
    }

    /// What in *other* files would keep programs from reading this output, as sentences with remedies. `read`
    /// gives a file's content.
    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let _ = read;
        Vec::new()
    }
}

/// What an output may know besides its own config.
#[derive(Debug, Clone)]
pub struct OutputContext {
    /// The kind of the login, such as `aws`.
    pub kind: String,
    /// The name of the login, such as `default`.
    pub name: String,
    /// The environment variables of those who read the files.
    pub environment: Environment,
    /// Whose the files are, if not of the user that runs evercred.
    pub owner: Option<Owner>,
    /// The folder for files of our own, absolute.
    pub state_folder: PathBuf,
    /// The evercred executable, absolute.
    pub program: PathBuf,
    /// The quick program that answers `credential_process`, absolute, if it is installed.
    pub credential_process: Option<PathBuf>,
    /// The config file, absolute.
    pub config_file: PathBuf,
    /// The fields that every credential of the provider has.
    pub provides: Vec<Field>,
    /// The environment variables that programs read the provider's fields from.
    pub variables: Vec<(&'static str, Field)>,
    /// The fields whose values follow from the config, which are no secrets.
    pub fixed: Vec<(Field, Secret)>,
}

impl OutputContext {
    /// What the login is called everywhere: its kind and its name.
    pub fn login(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }

    /// The users whose programs may have what the files hold: their owner, and root, from whom nothing can be kept.
    pub fn users(&self) -> Vec<u32> {
        let own = || rustix::process::geteuid().as_raw();
        vec![self.owner.map_or_else(own, |owner| owner.user), 0]
    }

    /// The value of a field that is known before there is a credential.
    fn known(&self, field: Field) -> Option<&str> {
        self.fixed.iter().find(|(known, _)| *known == field).map(|(_, value)| value.expose())
    }
}

/// A field that `needs()` promised to be there.
fn required(credential: &Credential, field: Field, place: impl Display) -> Result<&Secret, Failure> {
    credential.field(field).filter(|secret| !secret.is_empty()).ok_or_else(|| {
        Failure::new("write the credential", place.to_string(), Advice::NeedsAttention)
            .message(format!("the credential has no `{field}`"))
            .hint("Choose another output for this login, or other fields in this one.")
    })
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
    }
}
