//! The list of subscriptions, which only an output of `az` asks for.

use std::sync::Arc;

use evercred_core::{Advice, Credential, Failure, Field, Provider};
use evercred_test_support::scripted::Answer;
use evercred_test_support::tokens::SIGNATURE;
use serde_json::{Value, json};

use crate::support::{OBJECT, Server, TENANT, access_token, build, id_token};
use crate::{IDS, good, text};

fn page(ids: &[&str], next: Option<&str>) -> Answer {
    let one = |id: &&str| {
        json!({
            "id": format!("/subscriptions/{id}"), "subscriptionId": id, "displayName": format!("named {id}"),
            "state": "Enabled", "tenantId": TENANT, "authorizationSource": "RoleBased",
            "managedByTenants": [{"tenantId": "m-1", "more": 1}],
        })
    };
    let value: Vec<Value> = ids.iter().map(one).collect();
    Answer::new(200, json!({"value": value, "nextLink": next}).to_string())
}

fn refused(status: u16) -> Answer {
    let body = r#"{"error":{"code":"AuthorizationFailed","message":"The client may not."}}"#;
    Answer::new(status, body)
}

/// Both of Entra and the resource manager, which answers so; and a provider that asks them.
async fn rig(config: &str, answers: Vec<Answer>) -> (Server, Arc<dyn Provider>) {
    let server = Server::answering(answers).await;
    let keys = format!("{}resource_manager = '{}'\n{config}", server.keys(), server.scripted.url);
    let provider = build(&keys, &IDS).unwrap();
    (server, provider)
}

async fn complete(provider: &dyn Provider) -> Result<Credential, Failure> {
    let token = id_token(1);
    let credential = provider.exchange(&token).await?.with(Field::ID_TOKEN, token.raw().clone());
    provider.complete(&credential, &[Field::SUBSCRIPTIONS]).await
}

fn ids(credential: &Credential) -> Vec<String> {
    let list: Value = serde_json::from_str(text(credential, Field::SUBSCRIPTIONS)).unwrap();
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_list_is_asked_for_with_the_token_that_is_there() {
    let (server, provider) = rig("", vec![good("one"), page(&["s-1"], None)]).await;
    assert_eq!(provider.on_request(), [Field::SUBSCRIPTIONS]);
    let credential = complete(&*provider).await.unwrap();
    let list: Value = serde_json::from_str(text(&credential, Field::SUBSCRIPTIONS)).unwrap();
    let managers = json!([{"tenantId": "m-1"}]);
    assert_eq!(
        list,
        json!([{"id": "s-1", "name": "named s-1", "state": "Enabled", "homeTenantId": TENANT,
            "managedByTenants": managers}])
    );
    let [_, request] = &server.requests()[..] else { panic!("two requests") };
    assert!(request.head.starts_with("GET /subscriptions?api-version=2022-12-01 HTTP"), "{}", request.head);
    let bearer = format!("authorization: Bearer {}", access_token(TENANT, OBJECT, "one"));
    assert!(request.head.contains(&bearer), "{}", request.head);
}

#[tokio::test]
async fn a_login_without_a_token_for_the_resource_manager_gets_one_for_this() {
    for (config, scopes) in [("resources = []", 1), ("resources = ['https://vault.azure.net']", 2)] {
        let mut answers = vec![good("one"), good("two")][2 - scopes..].to_vec();
        answers.push(page(&[], None));
        let (server, provider) = rig(config, answers).await;
        assert_eq!(ids(&complete(&*provider).await.unwrap()), [""; 0]);
        let requests = server.requests();
        assert_eq!(requests[scopes - 1].field("scope"), "https://management.azure.com/.default");
        assert!(requests[scopes].head.contains(&access_token(TENANT, OBJECT, "two")));
    }
}

#[tokio::test]
async fn every_page_is_read_but_none_of_somebody_elses() {
    let elsewhere = "https://localhost:1/subscriptions?page=2";
    let (_server, provider) = rig("", vec![good("one"), page(&["s-1"], Some(elsewhere))]).await;
    assert!(complete(&*provider).await.is_err());
    let pages = |url: &str| {
        vec![good("one"), page(&["s-1"], Some(&format!("{url}/subscriptions?page=2"))), page(&["s-2"], None)]
    };
    let server = Server::answering_with(pages).await;
    let keys = format!("{}resource_manager = '{}'\n", server.keys(), server.scripted.url);
    let provider = build(&keys, &IDS).unwrap();
    assert_eq!(ids(&complete(&*provider).await.unwrap()), ["s-1", "s-2"]);
}

#[tokio::test]
async fn while_nobody_answers_the_last_list_counts() {
    let answers = vec![
        good("one"),
        page(&["s-1"], None),
        good("two"),
        refused(503),
        good("three"),
        page(&["s-2"], None),
    ];
    let (_server, provider) = rig("", answers).await;
    for expected in ["s-1", "s-1", "s-2"] {
        assert_eq!(ids(&complete(&*provider).await.unwrap()), [expected]);
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_the_resource_manager() {
    let portal = Answer { body: "<html>".to_owned(), ..refused(200) };
    for (answer, advice, said) in [
        (refused(403), Advice::NeedsAttention, "AuthorizationFailed: The client may not"),
        (refused(503), Advice::RETRY, "AuthorizationFailed: The client may not"),
        (portal, Advice::RETRY, "the answer is not one of Azure Resource Manager"),
    ] {
        let (_server, provider) = rig("", vec![good("one"), answer]).await;
        let failure = complete(&*provider).await.unwrap_err();
        assert_eq!(failure.advice(), advice);
        assert_eq!(failure.to_string(), format!("failed to list the subscriptions (localhost): {said}"));
        assert!(!format!("{failure:?} {provider:?}").contains(SIGNATURE));
    }
}
