use evercred_core::Claims;
use evercred_core::platform::Level;
use evercred_core::trust::{Identity, Trust as _};
use serde_json::json;

use super::*;

/// The trust policy for a token with these claims.
fn policy(claims: &Value, scope: Option<Level>) -> Result<Value, Failure> {
    let claims = Claims::from(claims.as_object().unwrap().clone());
    let identity = Identity::of(&claims).unwrap();
    let (audience, inputs) = (Audience::new("sts.amazonaws.com"), Inputs::default());
    let asked = Asked { identity: &identity, audience: &audience, scope, format: "json", inputs: &inputs };
    Ok(serde_json::from_str(&Trust.set_up(&asked)?.files[0].text).unwrap())
}

fn github(subject: &str) -> Value {
    json!({
        "iss": "https://token.actions.githubusercontent.com", "sub": subject, "repository": "acme/app",
        "repository_id": "74", "repository_owner": "acme", "repository_owner_id": "65", "run_id": "1",
    })
}

#[test]
fn of_githubs_tokens_the_repository_is_told_by_its_identifier_too() {
    let policy = policy(&github("repo:acme/app:ref:refs/heads/main"), Some(Level::Project)).unwrap();
    let condition = &policy["Statement"][0]["Condition"];
    let key = |claim: &str| format!("token.actions.githubusercontent.com:{claim}");
    assert_eq!(condition["StringEquals"][key("repository_id")], "74");
    assert_eq!(condition["StringEquals"][key("aud")], "sts.amazonaws.com");
    assert_eq!(condition["StringLike"], json!({ key("sub"): "repo:acme/app:*" }));
    assert_eq!(
        policy["Statement"][0]["Principal"]["Federated"],
        "arn:aws:iam::ACCOUNT_ID:oidc-provider/token.actions.githubusercontent.com"
    );
}

#[test]
fn what_means_something_in_a_policy_is_taken_to_the_letter() {
    let minted = json!({"iss": "https://idp.acme.dev", "sub": "a*b?c${aws:username}"});
    let policy = policy(&minted, None).unwrap();
    let subject = &policy["Statement"][0]["Condition"]["StringEquals"]["idp.acme.dev:sub"];
    assert_eq!(subject, "a${*}b${?}c${$}{aws:username}");
}

#[test]
fn an_authorized_party_is_what_aws_takes_for_the_audience() {
    let minted = json!({"iss": "https://idp.acme.dev", "sub": "me", "azp": "the-app"});
    let equals = policy(&minted, None).unwrap()["Statement"][0]["Condition"]["StringEquals"].clone();
    assert_eq!(
        (&equals["idp.acme.dev:aud"], &equals["idp.acme.dev:oaud"]),
        (&json!("the-app"), &json!("sts.amazonaws.com"))
    );
}

#[test]
fn every_policy_tests_the_subject() {
    for scope in [None, Some(Level::Workspace), Some(Level::Project), Some(Level::Organisation)] {
        let policy = policy(&github("repo:acme/app:pull_request"), scope).unwrap();
        let condition = policy["Statement"][0]["Condition"].to_string();
        assert!(condition.contains(":sub\":\"repo:acme/"), "{condition}");
    }
}

#[test]
fn the_login_tells_account_role_path_and_partition() {
    let inputs = Trust.told_by(&json!({"role_arn": "arn:aws-cn:iam::123456789012:role/team/dev"}));
    let told: Vec<_> = inputs.iter().collect();
    assert_eq!(
        told,
        [
            ("account_id", "123456789012"),
            ("partition", "aws-cn"),
            ("role_name", "dev"),
            ("role_path", "/team/")
        ]
    );
    assert_eq!(Trust.audience(&inputs).as_str(), "sts.amazonaws.com.cn");
}
