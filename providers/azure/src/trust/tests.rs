use evercred_core::Claims;
use evercred_core::platform::Level;
use evercred_core::trust::{Identity, Trust as _};

use super::*;

fn set_up(claims: &Value, scope: Option<Level>) -> Result<SetUp, Failure> {
    let claims = Claims::from(claims.as_object().unwrap().clone());
    let identity = Identity::of(&claims).unwrap();
    let inputs = Inputs::default();
    let audience = Trust.audience(&inputs);
    Trust.set_up(&Asked { identity: &identity, audience: &audience, scope, format: "json", inputs: &inputs })
}

#[test]
fn what_only_begins_alike_is_refused_with_what_to_do_instead() {
    let minted = json!({"iss": "https://app.gitpod.io", "sub": "org:1/prj:2/env:3", "org": "1"});
    let failure = set_up(&minted, Some(Level::Project)).unwrap_err();
    assert!(failure.to_string().contains("Entra compares whole subjects"), "{failure}");
    assert!(failure.remedy().unwrap().contains("--scope workspace"), "{failure:?}");
    assert_eq!(set_up(&minted, None).unwrap().scope, Level::Workspace);
}

#[test]
fn what_entra_would_not_take_is_refused_here() {
    let minted = json!({"iss": "https://idp.acme.dev", "sub": "x".repeat(601)});
    assert!(set_up(&minted, None).unwrap_err().to_string().contains("600 characters"));
}

#[test]
fn each_cloud_has_an_audience_of_its_own() {
    let of = |login: &Value| Trust.audience(&Trust.told_by(login)).as_str().to_owned();
    assert_eq!(of(&json!({})), "api://AzureADTokenExchange");
    assert_eq!(of(&json!({"cloud": "us-government"})), "api://AzureADTokenExchangeUSGov");
}
