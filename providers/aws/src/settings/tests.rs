use evercred_core::Environment;
use tempfile::TempDir;

use super::*;

const ROLE: &str = "role_arn = 'arn:aws:iam::123456789012:role/dev'\n";

/// A home folder with this `~/.aws/config`.
#[expect(clippy::disallowed_methods, reason = "a test sets up its own home folder")]
fn home(aws_config: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), aws_config).unwrap();
    home
}

fn resolve(config: &str, variables: &[(&str, &str)], aws_config: &str) -> Result<Settings, BuildError> {
    let home = home(aws_config);
    let variables = variables.iter().copied().chain([("HOME", home.path().to_str().unwrap())]);
    let environment: Environment = variables.collect();
    Settings::resolve(&toml::from_str(&format!("{ROLE}{config}")).unwrap(), &environment)
}

#[test]
fn the_region_comes_from_config_then_environment_then_profile_then_partition() {
    let profile = "[default]\nregion = eu-north-1\n[profile work]\nregion = eu-south-1\n";
    let (first, second) = (("AWS_REGION", "eu-west-1"), ("AWS_DEFAULT_REGION", "eu-west-2"));
    for (config, variables, aws_config, region, is_chosen) in [
        ("region = 'eu-central-1'", &[first, second][..], profile, "eu-central-1", true),
        ("", &[first, second], profile, "eu-west-1", true),
        ("", &[("AWS_REGION", ""), second], profile, "eu-west-2", true),
        ("", &[], profile, "eu-north-1", true),
        ("", &[("AWS_PROFILE", "work")], profile, "eu-south-1", true),
        ("", &[("AWS_PROFILE", "nobody")], profile, "us-east-1", false),
        ("", &[], "", "us-east-1", false),
    ] {
        let settings = resolve(config, variables, aws_config).unwrap();
        assert_eq!((settings.region.as_str(), settings.region_is_chosen), (region, is_chosen));
        assert_eq!(settings.notes, [""; 0]);
    }
}

#[test]
fn the_endpoint_comes_from_config_then_environment_then_profile() {
    let profile = "[default]\nendpoint_url = https://all\nservices = own\n[services own]\nsts =\n  endpoint_url = https://sts\n";
    let (own, all) = (("AWS_ENDPOINT_URL_STS", "https://e-sts"), ("AWS_ENDPOINT_URL", "https://e-all"));
    for (config, variables, aws_config, endpoint) in [
        ("endpoint_url = 'https://c'", &[own, all][..], profile, Some("https://c")),
        ("", &[own, all], profile, Some("https://e-sts")),
        ("", &[all], profile, Some("https://e-all")),
        ("", &[], profile, Some("https://sts")),
        ("", &[], "[default]\nendpoint_url = https://all\n", Some("https://all")),
        ("", &[own, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")], profile, None),
        ("", &[], "", None),
    ] {
        assert_eq!(resolve(config, variables, aws_config).unwrap().endpoint_url.as_deref(), endpoint);
    }
}

#[test]
fn the_ca_bundle_and_fips_come_from_the_same_places() {
    let profile = "[default]\nca_bundle = ~/profile.pem\nuse_fips_endpoint = true\n";
    let settings = resolve("", &[], profile).unwrap();
    assert!(settings.ca_bundle.unwrap().ends_with("profile.pem") && settings.use_fips);
    let settings = resolve("use_fips = false", &[("AWS_CA_BUNDLE", "/env.pem")], profile).unwrap();
    assert!(settings.ca_bundle.unwrap().ends_with("env.pem") && !settings.use_fips);
    let settings = resolve("ca_bundle = '/own.pem'", &[("AWS_USE_FIPS_ENDPOINT", "True")], "").unwrap();
    assert!(settings.ca_bundle.unwrap().ends_with("own.pem") && settings.use_fips);
}

#[test]
fn a_profile_that_cannot_be_read_is_left_out_with_a_note() {
    for broken in ["[default\nregion = eu-west-1\n", "region = eu-west-1\n", "[default]\nnonsense\n"] {
        let settings = resolve("", &[("AWS_REGION", "eu-west-3")], broken).unwrap();
        assert_eq!(settings.region, "eu-west-3");
        assert!(settings.notes[0].starts_with("The AWS profile is not used"), "{:?}", settings.notes);
    }
}

#[test]
fn a_region_of_another_partition_is_an_error_in_config_and_a_note_in_the_environment() {
    let error = resolve("region = 'cn-north-1'", &[], "").unwrap_err();
    assert_eq!(error.key, Some("region"));
    let settings = resolve("", &[("AWS_REGION", "cn-north-1")], "").unwrap();
    assert_eq!((settings.region.as_str(), settings.region_is_chosen), ("us-east-1", false));
    assert!(settings.notes[0].contains("cn-north-1"));
}

#[test]
fn what_is_no_region_or_endpoint_is_refused() {
    assert_eq!(resolve("region = 'Frankfurt'", &[], "").unwrap_err().key, Some("region"));
    for url in ["sts.amazonaws.com", "ftp://sts", "https://me:hunter2@sts"] {
        let error = resolve(&format!("endpoint_url = '{url}'"), &[], "").unwrap_err();
        assert_eq!(error.key, Some("endpoint_url"));
        assert!(!format!("{error:?}").contains("hunter2"));
        assert!(resolve("", &[("AWS_ENDPOINT_URL", url)], "").unwrap_err().hint.is_some());
    }
}

#[test]
fn a_token_that_would_travel_unencrypted_is_noted_unless_it_stays_on_the_machine() {
    for (url, notes) in [("http://localhost:1", 0), ("http://127.0.0.1:1", 0), ("http://sts.acme.test", 1)] {
        assert_eq!(resolve(&format!("endpoint_url = '{url}'"), &[], "").unwrap().notes.len(), notes, "{url}");
    }
}
