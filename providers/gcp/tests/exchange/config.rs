//! What can be seen to be wrong, or follows, before anybody is asked.

use crate::support::build;
use crate::{ACCOUNT, PROVIDER};

#[test]
fn mistakes_that_can_be_seen_beforehand_are_errors_of_their_keys_with_a_hint() {
    let workforce = "locations/global/workforcePools/staff/providers/ona";
    for (provider, config, key) in [
        (PROVIDER, "pool = 'ona'", "pool"),
        (PROVIDER, "project_number = 1234", "project_number"),
        ("main", "", "provider"),
        ("main", "pool = 'ona'", "provider"),
        (PROVIDER, "lifetime = '1h'", "lifetime"),
        (PROVIDER, "delegates = ['a@acme.iam.gserviceaccount.com']", "delegates"),
        (PROVIDER, "id_token_audience = 'a'", "id_token_audience"),
        (PROVIDER, "expected_project = 'acme'", "expected_project"),
        (PROVIDER, &format!("{ACCOUNT}expected_project = 'acme-prod'"), "expected_project"),
        (PROVIDER, &format!("{ACCOUNT}lifetime = '5m'"), "lifetime"),
        (PROVIDER, &format!("{ACCOUNT}lifetime = '13h'"), "lifetime"),
        (PROVIDER, "scopes = []", "scopes"),
        (PROVIDER, "scopes = ['a b']", "scopes"),
        (PROVIDER, "audience = ' '", "audience"),
        (PROVIDER, "user_project = 'acme'", "user_project"),
        (PROVIDER, "universe_domain = 'a/b'", "universe_domain"),
        (PROVIDER, "sts_endpoint = 'sts'", "sts_endpoint"),
        (PROVIDER, "iam_credentials_endpoint = 'ftp://a'", "iam_credentials_endpoint"),
        (PROVIDER, "ca_bundle = '/nowhere/ca.pem'", "ca_bundle"),
        (PROVIDER, "verify = true\nca_bundle = '/nowhere/ca.pem'", "verify"),
        (PROVIDER, "verify = true\nproxy = 'http://127.0.0.1:1'", "verify"),
        (
            PROVIDER,
            &format!("{ACCOUNT}verify = true\ndelegates = ['a@acme.iam.gserviceaccount.com']"),
            "verify",
        ),
        (workforce, "audience = 'client'", "user_project"),
        (workforce, "user_project = 'acme'", "audience"),
    ] {
        let problem = build(&format!("provider = '{provider}'\n{config}"), &[]).unwrap_err();
        assert_eq!(problem.key, Some(key), "{config}: {problem}");
        assert!(problem.hint.is_some(), "{config}");
    }
}

#[test]
fn the_audience_follows_from_the_provider_in_either_form() {
    for config in [
        format!("provider = '{PROVIDER}'"),
        format!("provider = '//iam.googleapis.com/{PROVIDER}'"),
        "provider = 'main'\npool = 'ona'\nproject_number = 1234".to_owned(),
        "provider = 'main'\npool = 'ona'\nproject_number = '1234'".to_owned(),
    ] {
        let provider = build(&config, &[]).unwrap();
        assert_eq!(provider.audience().as_str(), format!("https://iam.googleapis.com/{PROVIDER}"));
    }
}

#[test]
fn a_token_that_would_travel_unencrypted_is_noted_once() {
    let config =
        "sts_endpoint = 'http://google.acme.test'\niam_credentials_endpoint = 'http://google.acme.test'";
    let provider = build(&format!("provider = '{PROVIDER}'\n{config}"), &[]).unwrap();
    assert_eq!(provider.notes().len(), 1);
    assert!(provider.notes()[0].contains("unencrypted"));
}
