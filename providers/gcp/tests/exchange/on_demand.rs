//! What a program asks for at a metadata server.

use std::time::{Duration, SystemTime};

use evercred_core::{Advice, Field};
use evercred_test_support::tokens::jwt;
use serde_json::{Value, json};

use crate::support::{federated, id_token, impersonated, ok};
use crate::{ACCOUNT, LATER, exchange, rig, text};

#[tokio::test]
async fn a_token_for_an_audience_is_signed_without_an_access_token_of_the_account() {
    let claims =
        json!({"aud": "https://run.app", "email": "dev@acme.iam.gserviceaccount.com", "exp": 1_795_381_200});
    let signed = ok(&json!({"token": jwt(&claims)}));
    let (server, provider) = rig(ACCOUNT, vec![federated("token-1", 3600), signed]).await;
    assert_eq!(provider.gives_on_demand(), Some(Field::new("service_account_id_token")));
    let credential = provider.exchange_for(&id_token(), "https://run.app").await.unwrap();
    assert_eq!(text(&credential, "service_account_id_token"), jwt(&claims));
    assert_eq!(credential.expires_at(), Some(SystemTime::UNIX_EPOCH + Duration::from_hours(498_717)));
    let [_, request] = &server.requests()[..] else { panic!("two requests") };
    assert!(request.path().ends_with(":generateIdToken"), "{}", request.path());
    assert_eq!(request.json()["audience"], "https://run.app");
}

#[tokio::test]
async fn nothing_is_signed_for_a_direct_login() {
    let (server, provider) = rig("", Vec::new()).await;
    assert_eq!(provider.gives_on_demand(), None);
    let failure = provider.exchange_for(&id_token(), "https://run.app").await.unwrap_err();
    assert_eq!(failure.advice(), Advice::NeedsAttention);
    assert!(failure.remedy().unwrap().contains("service_account") && server.requests().is_empty());
}

#[tokio::test]
async fn what_a_machine_of_googles_would_say_is_told_on_request() {
    let told = async |config: &str, answers| {
        let (_server, provider) = rig(config, answers).await;
        let credential = exchange(&*provider).await.unwrap();
        let complete = provider.complete(&credential, provider.on_request()).await.unwrap();
        serde_json::from_str::<Value>(text(&complete, "instance")).unwrap()
    };
    let direct = told("", vec![federated("token-1", 3600)]).await;
    assert_eq!(direct["email"], "ona.global.1234.workload.id.goog");
    assert_eq!((&direct["project_id"], &direct["numeric_project_id"]), (&Value::Null, &"1234".into()));
    let account = told(ACCOUNT, vec![federated("token-1", 3600), impersonated("token-2", LATER)]).await;
    assert_eq!(
        account,
        json!({
            "email": "dev@acme.iam.gserviceaccount.com",
            "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
            "project_id": "acme",
            "numeric_project_id": "1234",
            "universe_domain": "googleapis.com",
        })
    );
}
