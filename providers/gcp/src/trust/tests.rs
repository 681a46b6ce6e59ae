use evercred_core::Claims;
use evercred_core::platform::Level;
use evercred_core::trust::{Identity, Trust as _};
use serde_json::json;

use super::*;

fn resources(claims: &Value, scope: Option<Level>, audience: Option<&str>) -> Result<Value, Failure> {
    let claims = Claims::from(claims.as_object().unwrap().clone());
    let identity = Identity::of(&claims).unwrap();
    let mut inputs = Inputs::default();
    inputs.add("project_number", Some("1234"));
    let audience = audience.map_or_else(|| Trust.audience(&inputs), Audience::new);
    let asked = Asked { identity: &identity, audience: &audience, scope, format: "json", inputs: &inputs };
    Ok(serde_json::from_str(&Trust.set_up(&asked)?.files[0].text).unwrap())
}

fn github(reference: &str) -> Value {
    json!({
        "iss": "https://token.actions.githubusercontent.com", "sub": format!("repo:acme/app:ref:{reference}"),
        "repository": "acme/app", "repository_id": "74", "repository_owner": "acme", "repository_owner_id": "65",
        "run_id": "1",
    })
}

#[test]
fn one_subject_is_named_by_itself_and_more_by_an_attribute() {
    let pool = "iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/evercred";
    let one = resources(&github("refs/heads/main"), None, None).unwrap();
    assert_eq!(one["member"], format!("principal://{pool}/subject/repo:acme/app:ref:refs/heads/main"));
    assert_eq!(one["provider"]["attributeMapping"]["google.subject"], "assertion.sub");
    let more = resources(&github("refs/heads/main"), Some(Level::Project), None).unwrap();
    assert_eq!(more["member"], format!("principalSet://{pool}/attribute.repository_id/74"));
    assert_eq!(
        more["provider"]["attributeCondition"],
        "assertion.repository_owner_id == '65' && assertion.repository_id == '74'"
    );
}

#[test]
fn a_subject_that_is_too_long_is_mapped_to_something_shorter() {
    let long = resources(&github(&"x".repeat(120)), None, None).unwrap();
    let mapping = &long["provider"]["attributeMapping"];
    assert_eq!(mapping["google.subject"], "assertion.repository_id + ':' + assertion.run_id");
    assert!(
        long["provider"]["attributeCondition"].as_str().unwrap().contains("assertion.sub == 'repo:"),
        "{long}"
    );
    assert!(long["member"].as_str().unwrap().ends_with("/attribute.repository_id/74"), "{long}");
    let unknown = json!({"iss": "https://idp.acme.dev", "sub": "x".repeat(128)});
    let failure = resources(&unknown, None, None).unwrap_err();
    assert!(failure.to_string().contains("127 bytes"), "{failure}");
}

#[test]
fn audiences_are_listed_only_if_they_are_not_the_providers_own() {
    let listed = |audience| resources(&github("x"), None, audience).unwrap()["provider"]["oidc"].clone();
    assert_eq!(listed(None), json!({"issuerUri": "https://token.actions.githubusercontent.com"}));
    assert_eq!(listed(Some("acme"))["allowedAudiences"], json!(["acme"]));
}

#[test]
fn the_login_tells_project_pool_provider_and_account() {
    let name = "projects/1234/locations/global/workloadIdentityPools/ona/providers/main";
    let inputs = Trust.told_by(&json!({"provider": name, "service_account": "a@b.iam.gserviceaccount.com"}));
    assert_eq!(Trust.audience(&inputs).as_str(), format!("https://iam.googleapis.com/{name}"));
    assert_eq!(inputs.said("service_account"), Some("a@b.iam.gserviceaccount.com"));
    let short = Trust.told_by(&json!({"provider": "main", "pool": "ona", "project_number": 1234}));
    assert_eq!(Trust.audience(&short).as_str(), format!("https://iam.googleapis.com/{name}"));
    assert_eq!(
        Trust.told_by(&json!({"provider": "locations/global/workforcePools/a/providers/b"})),
        Inputs::default()
    );
}
