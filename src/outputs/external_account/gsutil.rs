//! Our key in gsutil's own settings.

use std::path::{Path, PathBuf};

use evercred_core::{BuildError, Environment};

use crate::files::Target;
use crate::outputs::OutputContext;
use crate::outputs::gcloud::check_path;
use crate::outputs::section::{Key, Section, Words};

const WORDS: Words = Words { thing: "settings of gsutil", way_out: "leave `gsutil` out of this output" };

/// The section of the file that gsutil reads, which names `settings`.
pub(super) fn section(settings: &Path, force: bool, context: &OutputContext) -> Result<Section, BuildError> {
    let target = Target::shared(path(&context.environment)?, 0o600).owned_by(context.owner);
    let keys = vec![Key::fixed("gs_external_account_file", check_path(settings)?)];
    let section =
        Section::new(target, vec!["Credentials".to_owned()], (is_credential, force), keys, (WORDS, context));
    let lists =
        context.environment.get("BOTO_PATH").filter(|_| context.environment.get("BOTO_CONFIG").is_none());
    let shadows = lists.map(|_| {
        "BOTO_PATH lists the settings that gsutil reads: make sure that the file evercred keeps is among them, and that \
         no later one names another credential."
            .to_owned()
    });
    Ok(section.shadowed_by(shadows.into_iter().collect()))
}

fn path(environment: &Environment) -> Result<PathBuf, BuildError> {
    let path = environment.expand(environment.get("BOTO_CONFIG").unwrap_or("~/.boto"));
    if path.is_absolute() {
        return Ok(path);
    }
    let message = format!("`{}` is not an absolute path", path.display());
    Err(BuildError { key: None, message, hint: None }
        .hint("Set HOME, or set BOTO_CONFIG to the absolute path of gsutil's settings."))
}

/// Whether a key of `[Credentials]` is a credential for Google, alone or with others.
fn is_credential(key: &str) -> bool {
    matches!(
        key,
        "gs_access_key_id"
            | "gs_secret_access_key"
            | "gs_oauth2_refresh_token"
            | "gs_service_key_file"
            | "gs_service_key_file_password"
            | "gs_service_client_id"
            | "gs_external_account_file"
            | "gs_external_account_authorized_user_file"
    )
}
