//! What a program asks for at a managed identity.

use evercred_core::{Advice, Field};

use crate::support::{OBJECT, TENANT, access_token, granted, id_token};
use crate::{good, rig, text};

#[tokio::test]
async fn a_token_for_a_resource_of_a_programs_own_choice_is_one_request_for_it_to_the_letter() {
    let (server, provider) = rig("", vec![good("one")]).await;
    assert_eq!(provider.gives_on_demand(), Some(Field::ACCESS_TOKEN));
    let credential = provider.exchange_for(&id_token(1), "https://database.windows.net/").await.unwrap();
    assert_eq!(text(&credential, Field::ACCESS_TOKEN), access_token(TENANT, OBJECT, "one"));
    assert!(credential.expires_at().is_some());
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(request.field("scope"), "https://database.windows.net//.default");
}

#[tokio::test]
async fn what_is_no_resource_is_refused_before_anybody_is_asked() {
    let (server, provider) = rig("", Vec::new()).await;
    for resource in ["", "two words", "https://a/.default/b"] {
        let failure = provider.exchange_for(&id_token(1), resource).await.unwrap_err();
        assert_eq!(failure.advice(), Advice::NeedsAttention, "{resource:?}");
        assert!(failure.remedy().is_some_and(|remedy| remedy.contains("https://")), "{failure}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_token_of_another_tenant_does_not_pass_the_guard() {
    let strange = granted(&access_token("99999999-3333-4444-5555-666666666666", OBJECT, "one"));
    let (_server, provider) = rig("", vec![strange]).await;
    let credential = provider.exchange_for(&id_token(1), "https://vault.azure.net").await.unwrap();
    assert!(provider.guard(&credential).await.is_err());
}
