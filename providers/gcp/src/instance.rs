//! What the metadata server of a machine of Google's would say of this login
//! (<https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys>).
//!
//! A direct login has no service account, so the pool stands where its address would: GKE does likewise for its own
//! direct logins.

use serde_json::{Value, json};

use crate::ServiceAccount;
use crate::settings::Settings;

/// The document, without anything secret.
pub(crate) fn document(settings: &Settings) -> Value {
    let account = settings.account.as_ref().map(ServiceAccount::email);
    json!({
        "email": account.map_or_else(|| settings.resource.trust_domain(), str::to_owned),
        "scopes": settings.scopes,
        "project_id": settings.project,
        "numeric_project_id": settings.resource.project_number(),
        "universe_domain": settings.universe,
    })
}
