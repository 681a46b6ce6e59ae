use super::*;

const IDS: [(&str, &str); 2] = [
    ("AZURE_TENANT_ID", "acme.onmicrosoft.com"),
    ("AZURE_CLIENT_ID", "11111111-AAAA-3333-4444-555555555555"),
];

fn resolve(config: &str, variables: &[(&str, &str)]) -> Result<Settings, BuildError> {
    let config: Config = serde_json::from_str(config).unwrap();
    Settings::resolve(&config, &variables.iter().copied().collect())
}

fn with_ids(config: &str, variables: &[(&str, &str)]) -> Result<Settings, BuildError> {
    resolve(config, &[&IDS, variables].concat())
}

#[test]
fn everything_but_the_identity_has_a_default() {
    let found = with_ids("{}", &[]).unwrap();
    assert_eq!(
        (found.tenant.as_str(), found.client.as_str()),
        (IDS[0].1, "11111111-aaaa-3333-4444-555555555555")
    );
    assert_eq!(found.authority.as_str(), "https://login.microsoftonline.com/");
    assert_eq!(found.audience.as_str(), "api://AzureADTokenExchange");
    assert_eq!(found.resources[0].scope, "https://management.azure.com/.default");
    assert!(!found.is_unusual && found.expected_tenant.is_none());
}

#[test]
fn a_cloud_has_its_own_authority_audience_and_resource() {
    for (cloud, authority, audience, resource) in [
        ("us-government", "login.microsoftonline.us", "USGov", "management.usgovcloudapi.net"),
        ("china", "login.chinacloudapi.cn", "China", "management.chinacloudapi.cn"),
    ] {
        for (config, variables) in [
            (format!(r#"{{"cloud": "{cloud}"}}"#), vec![]),
            (format!(r#"{{"authority_host": "https://{authority}"}}"#), vec![]),
            ("{}".to_owned(), vec![("AZURE_AUTHORITY_HOST", authority)]),
        ] {
            let found = with_ids(&config, &variables).unwrap();
            assert_eq!(found.authority.as_str(), format!("https://{authority}/"), "{config}");
            assert_eq!(found.audience.as_str(), format!("api://AzureADTokenExchange{audience}"), "{config}");
            assert_eq!(found.resources[0].scope, format!("https://{resource}/.default"), "{config}");
            assert!(found.is_unusual);
        }
    }
}

#[test]
fn a_cloud_in_the_config_goes_before_an_authority_in_the_environment() {
    let variables = [("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")];
    let found = with_ids(r#"{"cloud": "public"}"#, &variables).unwrap();
    assert_eq!(found.authority.as_str(), Cloud::Public.authority());
}

#[test]
fn a_tenant_that_is_an_id_is_what_tokens_must_be_of() {
    let id = "AAAAAAAA-2222-3333-4444-555555555555";
    let found = with_ids(&format!(r#"{{"tenant_id": "{id}"}}"#), &[]).unwrap();
    assert_eq!(found.expected_tenant.as_deref(), Some("aaaaaaaa-2222-3333-4444-555555555555"));
}

#[test]
fn every_mistake_is_an_error_of_its_key_with_a_remedy() {
    assert_eq!(resolve("{}", &[]).unwrap_err().key, Some("tenant_id"));
    assert_eq!(resolve("{}", &IDS[..1]).unwrap_err().key, Some("client_id"));
    let cases = [
        (r#"{"tenant_id": "common"}"#, "tenant_id"),
        (r#"{"tenant_id": "a/b"}"#, "tenant_id"),
        (r#"{"tenant_id": ""}"#, "tenant_id"),
        (r#"{"client_id": "my app"}"#, "client_id"),
        (r#"{"expected_tenant_id": "acme.dev"}"#, "expected_tenant_id"),
        (r#"{"expected_object_id": "dev"}"#, "expected_object_id"),
        (r#"{"authority_host": "http://login.acme.dev/"}"#, "authority_host"),
        (r#"{"authority_host": "https://login.acme.dev/tenant"}"#, "authority_host"),
        (r#"{"authority_host": "https://me:x@login.acme.dev/"}"#, "authority_host"),
        (r#"{"authority_host": "https://"}"#, "authority_host"),
        (r#"{"authority_host": "https://login.microsoftonline.us", "cloud": "china"}"#, "cloud"),
        (r#"{"resource_manager": "http://management.acme.dev/"}"#, "resource_manager"),
        (r#"{"audience": " "}"#, "audience"),
        (r#"{"resources": ["https://a b"]}"#, "resources"),
        (r#"{"resources": ["https://a", "https://a/"]}"#, "resources"),
    ];
    for (config, key) in cases {
        let error = with_ids(config, &[]).unwrap_err();
        assert_eq!(error.key, Some(key), "{config}");
        assert!(error.hint.is_some(), "{config}");
    }
    let error = with_ids("{}", &[("AZURE_AUTHORITY_HOST", "http://a")]).unwrap_err();
    assert!(
        error.key.is_none() && error.message.starts_with("AZURE_AUTHORITY_HOST does not begin"),
        "{error}"
    );
}
