//! Configs without mistakes: what they mean, and what is shown of them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::GOOD;
use crate::config::schema::Schemas;
use crate::config::testing::{load, registry};
use crate::config::{common, schema};
use crate::login::{Login, OnExpiry};
use crate::registry::Registry;

fn logins(text: &str) -> Vec<Arc<Login>> {
    load(text).unwrap().logins
}

#[test]
fn a_good_config_becomes_logins() {
    let logins = logins(GOOD);
    let [default, team] = logins.as_slice() else { panic!("{logins:?}") };
    assert_eq!(
        (default.id.to_string(), team.id.to_string()),
        ("cloud.default".to_owned(), "cloud.team.b".to_owned())
    );
    assert_eq!(
        (default.source().describe(), team.source().describe()),
        ("https://x".to_owned(), "auto".to_owned())
    );
    assert_eq!((default.outputs.len(), team.outputs.len()), (1, 2));
    assert_eq!((default.policy.refresh_every, default.policy.on_expiry), (None, OnExpiry::Keep));
    assert_eq!(team.policy.refresh_every, Some(Duration::from_secs(10)));
    assert_eq!(team.policy.on_expiry, OnExpiry::Remove);
}

#[test]
fn logins_with_the_same_source_share_it() {
    let logins = logins("[cloud.a]\nrole = \"role/a\"\n[cloud.b]\nrole = \"role/b\"");
    assert!(Arc::ptr_eq(logins[0].source(), logins[1].source()));
}

#[test]
fn what_is_shown_is_complete_and_without_secrets() {
    insta::assert_snapshot!(load(GOOD).unwrap().to_toml(), @r#"
    [cloud.default]
    duration = "1h"
    hooks = []
    hosts = []
    on_expiry = "keep"
    role = "role/dev"

    [[cloud.default.outputs]]
    type = "profile"

    [cloud.default.tags]
    team = "a"

    [cloud."team.b"]
    duration = "1h"
    hooks = []
    hosts = []
    on_expiry = "remove"
    refresh_every = "10s"
    role = "role/b"
    source = "other"

    [[cloud."team.b".chain]]
    role = "role/c"

    [[cloud."team.b".outputs]]
    type = "profile"

    [[cloud."team.b".outputs]]
    path = "~/b.json"
    type = "whole"

    [cloud."team.b".tags]

    [source]
    authorization = "***"
    type = "remote"
    url = "https://x"

    [sources.other]
    type = "auto"
    "#);
}

#[test]
fn what_is_shown_means_the_same() {
    let open = GOOD.replace("authorization = \"hunter2\"\n", "");
    let shown = load(&open).unwrap().to_toml();
    let prints =
        |text: &str| logins(text).into_iter().map(|login| login.fingerprint.clone()).collect::<Vec<_>>();
    assert_eq!(prints(&open), prints(&shown));
}

#[test]
fn a_fingerprint_changes_with_all_that_counts_and_nothing_else() {
    let first = |text: &str| logins(text).remove(0).fingerprint.clone();
    let plain = first("[cloud.a]\nrole = \"role/a\"");
    let same = "# why\n[cloud.a]\nrole    =    'role/a'\nduration = \"1h\"\noutputs = [\"profile\"]\n[cloud.b]\nrole = \"role/b\"";
    assert_eq!(first(same), plain);
    assert_eq!(plain.len(), 43, "the digest of 256 bits in base64");
    for other in [
        "[cloud.a]\nrole = \"role/b\"",
        "[cloud.b]\nrole = \"role/a\"",
        "[cloud.a]\nrole = \"role/a\"\non_expiry = \"remove\"",
        "[cloud.a]\nrole = \"role/a\"\noutputs = []",
        "[cloud.a]\nrole = \"role/a\"\n[source]\ntype = \"remote\"\nurl = \"x\"",
    ] {
        assert_ne!(first(other), plain, "{other}");
    }
}

#[test]
fn the_schema_has_the_keys_of_all_that_read_a_login() {
    let schema = schema::schema(&registry());
    let login = &schema["properties"]["cloud"]["additionalProperties"];
    let keys: Vec<_> = schema::keys(login).collect();
    for key in ["role", "duration", "source", "outputs", "refresh_every", "on_expiry"] {
        assert!(keys.contains(&key), "{key}");
    }
    assert_eq!(login["required"], json!(["role"]));
    assert_eq!(login["additionalProperties"], json!(false));
    assert_eq!(login["properties"]["outputs"]["default"], json!(["profile"]));
}

#[test]
fn no_provider_has_a_key_that_every_login_has() {
    for provider in Registry::built_in().providers {
        let schema = provider.kind.schema(&Schemas::default());
        for key in common::KEYS {
            assert!(schema["properties"].get(key).is_none(), "{}: {key}", provider.kind.name);
        }
    }
}
