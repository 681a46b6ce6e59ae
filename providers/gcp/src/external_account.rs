//! The settings with which Google's libraries exchange the ID token by themselves, as [AIP-4117] defines them.
//!
//! Made here, and not where the file is written, because the file, the exchange above it and the proof before it must
//! never say different things. Where the ID token lies is left to whoever writes it there.
//!
//! [AIP-4117]: https://google.aip.dev/auth/4117

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::impersonation;
use crate::settings::{EVERYTHING, GOOGLE, Settings};
use crate::sts;

/// The settings without `credential_source`; `lifetime` is that of the service account's tokens, if one was asked for.
pub(crate) fn document(settings: &Settings, lifetime: Option<Duration>) -> Map<String, Value> {
    let mut document = Map::new();
    let mut say = |key: &str, value: Value| drop(document.insert(key.to_owned(), value));
    say("type", json!("external_account"));
    say("audience", json!(settings.resource.audience()));
    say("subject_token_type", json!(sts::subject_token_type(settings)));
    say("token_url", json!(settings.sts.at("v1/token")));
    say("token_info_url", json!(settings.sts.at("v1/introspect")));
    if let Some(account) = &settings.account {
        let url = settings.credentials.at(&impersonation::path(account, "generateAccessToken"));
        say("service_account_impersonation_url", json!(url));
    }
    if let Some(lifetime) = lifetime {
        say("service_account_impersonation", json!({ "token_lifetime_seconds": lifetime.as_secs() }));
    }
    if let Some(project) = &settings.user_project {
        say("workforce_pool_user_project", json!(project));
    }
    if settings.universe != GOOGLE {
        say("universe_domain", json!(settings.universe));
    }
    if settings.scopes != [EVERYTHING] {
        say("scopes", json!(settings.scopes));
    }
    document
}
