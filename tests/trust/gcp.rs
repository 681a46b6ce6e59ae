//! Google Cloud: mapping, condition and bindings decide in the sandbox, which evaluates them by a CEL library.

use evercred_sandbox::{GcpRole, IdentityProvider, Mint, Sandbox, ServiceAccount};
use serde_json::Value;

use crate::{cases, check, home, login, platform, trust};

const NUMBER: &str = "project_number=123456789012";
const POOL: &str = "projects/123456789012/locations/global/workloadIdentityPools/evercred";
const ACCOUNT: &str = "app@acme-dev.iam.gserviceaccount.com";

#[test]
fn mapping_condition_and_binding_let_in_those_who_are_meant_and_nobody_else() {
    let platform = platform();
    let audience = format!("https://iam.googleapis.com/{POOL}/providers/evercred");
    for case in cases::by_claims() {
        let token = home(&platform, &case.minted, &audience);
        let account = format!("service_account={ACCOUNT}");
        let words = ["--format", "json", "--scope", case.scope, "--set", NUMBER, "--set", &account];
        let resources: Value = serde_json::from_str(&trust(&token, "gcp", &words)).unwrap();
        apply(&platform, &resources);
        check(&case, |minted: &Mint| {
            let url = platform.url();
            let table = format!(
                "[gcp.default]\nprovider = \"{POOL}/providers/evercred\"\nservice_account = \"{ACCOUNT}\"\n\
                 sts_endpoint = \"{url}\"\niam_credentials_endpoint = \"{url}\"\n"
            );
            login(&home(&platform, minted, &audience), &table)
        });
    }
}

/// Makes the sandbox's project have these resources and no others.
fn apply(platform: &Sandbox, resources: &Value) {
    let provider = &resources["provider"];
    assert_eq!(provider["name"], format!("{POOL}/providers/evercred"));
    assert_eq!(provider["oidc"]["issuerUri"], platform.issuer());
    assert!(provider["oidc"].get("allowedAudiences").is_none(), "{provider}");
    let mapping = provider["attributeMapping"].as_object().unwrap().iter();
    let mapping = mapping.map(|(name, cel)| (name.clone(), cel.as_str().unwrap().to_owned())).collect();
    let pool = IdentityProvider::new("evercred", "evercred")
        .condition(provider["attributeCondition"].as_str().unwrap());
    let binding = &resources["bindings"][0];
    assert_eq!(binding["role"], "roles/iam.workloadIdentityUser");
    assert_eq!(binding["resource"], format!("projects/-/serviceAccounts/{ACCOUNT}"));
    let member = binding["members"][0].as_str().unwrap();
    platform.adjust(|options| {
        options.gcp.providers = vec![IdentityProvider { mapping, ..pool }];
        options.gcp.service_accounts =
            vec![ServiceAccount::new(ACCOUNT).bind(GcpRole::WorkloadIdentityUser, member)];
    });
}

#[test]
fn the_binding_alone_keeps_out_those_whom_another_condition_would_let_in() {
    let platform = platform();
    let audience = format!("https://iam.googleapis.com/{POOL}/providers/evercred");
    let minted = Mint::default();
    let token = home(&platform, &minted, &audience);
    let account = format!("service_account={ACCOUNT}");
    let words = ["--format", "json", "--scope", "project", "--set", NUMBER, "--set", &account];
    let mut resources: Value = serde_json::from_str(&trust(&token, "gcp", &words)).unwrap();
    resources["provider"]["attributeCondition"] = "assertion.sub != ''".into();
    apply(&platform, &resources);
    let url = platform.url();
    let table = format!(
        "[gcp.default]\nprovider = \"{POOL}/providers/evercred\"\nservice_account = \"{ACCOUNT}\"\n\
         sts_endpoint = \"{url}\"\niam_credentials_endpoint = \"{url}\"\n"
    );
    let enter = |minted: &Mint| login(&home(&platform, minted, &audience), &table);
    assert_eq!(enter(&minted), Some(0));
    assert_eq!(enter(&minted.clone().claim("repository", "https://github.com/acme/app2.git")), Some(4));
}
