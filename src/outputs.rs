//! Outputs: what a credential looks like in the files that SDKs and CLIs read.

mod ini;
mod part;

use std::fmt::Debug;
use std::path::Path;

use evercred_core::{Credential, Failure, Field};

use crate::files::Target;

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

    /// What in *other* files would keep programs from reading this output, as sentences with remedies. `read`
    /// gives a file's content.
    fn shadows(&self, read: &dyn Fn(&Path) -> Option<Vec<u8>>) -> Vec<String> {
        let _ = read;
        Vec::new()
    }
}
