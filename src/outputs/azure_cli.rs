//! `azure-cli`: a login of `az` as the service principal, in the two files where `az` keeps its own.
//!
//! `az login --federated-token` stores the ID token and uses it for every new access token, until it has expired and
//! nothing works any more (<https://github.com/Azure/azure-cli/issues/28708>). This writes the same entries and keeps
//! the token in them fresh, so that `az`, and everything that asks `az` for tokens, works as long as evercred does. `az`
//! reads them at each command. No `az` is started, so the token stands on no command line.
//!
//! - `service_principal_entries.json`: the token, under the lock that `az` takes for it;
//! - `azureProfile.json`: the subscriptions, which `az` writes without a lock. It begins with a byte order mark.
//!
//! Our entries carry a key of our own, which `az` keeps. The user's are left as they are, to the byte. What `az login`
//! would take over from another login, a subscription that both see, is left to that one.

mod entries;
mod subscriptions;

use evercred_core::{Advice, BuildError, Configured, Failure};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Output, OutputContext, Readers, Way};
use crate::files::Target;
use entries::Entries;
use subscriptions::Subscriptions;

/// A login of `az` as the service principal, kept fresh in its own files. Logins of other users and service principals
/// stay, and so does the subscription that is the default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    /// The folder of `az`; if not set, what `AZURE_CONFIG_DIR` says, or else `~/.azure`.
    folder: Option<String>,
    /// The subscription, by name or ID, to make the default if there is no default yet; if not set, the first.
    subscription: Option<String>,
    /// The name that `az cloud list` has for the cloud, if it is one that you registered there; if not set, that of the
    /// login's cloud.
    cloud_name: Option<String>,
}

impl Configured<OutputContext> for Config {
    type Built = Vec<Box<dyn Output>>;

    fn build(self, context: &OutputContext) -> Result<Self::Built, BuildError> {
        let environment = &context.environment;
        let folder =
            self.folder.as_deref().or_else(|| environment.get("AZURE_CONFIG_DIR")).unwrap_or(USUAL_FOLDER);
        let folder = environment.expand(folder);
        if !folder.is_absolute() {
            let message = format!("`{}` is not the absolute path of a folder", folder.display());
            return Err(BuildError::at("folder", message)
                .hint("Begin it with `/` or with `~/`; evercred runs in no particular folder."));
        }
        let entries = folder.join("service_principal_entries.json");
        let mut lock = entries.clone().into_os_string();
        lock.push(".lockfile");
        let login = context.login();
        Ok(vec![
            Box::new(Entries {
                target: Target::shared(entries, 0o600).with_lock_file(lock).owned_by(context.owner),
                settings: folder.join("config"),
                environment: environment.clone(),
                login: login.clone(),
                way: Way::refreshing(Readers::Az).at("AZURE_CONFIG_DIR", &folder, USUAL_FOLDER),
            }),
            Box::new(Subscriptions {
                target: Target::shared(folder.join("azureProfile.json"), 0o600).owned_by(context.owner),
                preferred: self.subscription,
                cloud_name: self.cloud_name,
                login,
            }),
        ])
    }
}

const USUAL_FOLDER: &str = "~/.azure";

/// The key that marks an entry as the login's.
const MARK: &str = "evercred";

fn is_marked(item: &Value, login: &str) -> bool {
    item[MARK] == login
}

/// The text of a file, or what it would be without anything in it.
fn text<'c>(current: Option<&'c [u8]>, empty: &'c str) -> Option<&'c str> {
    let text = str::from_utf8(current.unwrap_or_default()).ok()?;
    Some(if text.trim().is_empty() { empty } else { text })
}

/// `known` with what `wanted` says; other keys of it stay.
fn overlaid(known: &Value, wanted: &Map<String, Value>) -> Value {
    let mut all = known.as_object().cloned().unwrap_or_default();
    all.extend(wanted.clone());
    Value::Object(all)
}

fn failure(target: &Target, message: impl AsRef<str>) -> Failure {
    Failure::new("write the login of az", target.path.display().to_string(), Advice::NeedsAttention)
        .message(message)
}

fn not_az(target: &Target) -> Failure {
    failure(target, "it has not the form in which az writes it")
        .hint("Mend the file, or move it away and log in again with `az login` where you were logged in.")
}

#[cfg(test)]
mod tests;
