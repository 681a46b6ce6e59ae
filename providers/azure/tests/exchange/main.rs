//! What the Azure provider does on the wire, over real sockets and TLS under a private certificate authority.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its server has failed")]

mod on_demand;
mod refusals;
mod subscriptions;
mod support;

use std::sync::Arc;
use std::time::Duration;

use evercred_core::{Advice, Credential, Failure, Field, Provider, Secret, WallClock};
use evercred_test_support::scripted::Answer;
use evercred_test_support::tokens::SIGNATURE;
use support::{CLIENT, OBJECT, Real, Server, TENANT, access_token, build, granted, id_token};

const IDS: [(&str, &str); 2] = [("AZURE_TENANT_ID", TENANT), ("AZURE_CLIENT_ID", CLIENT)];

/// A server with these answers, and a provider of this config that asks it.
async fn rig(config: &str, answers: Vec<Answer>) -> (Server, Arc<dyn Provider>) {
    let server = Server::answering(answers).await;
    let provider = build(&format!("{}{config}", server.keys()), &IDS).unwrap();
    (server, provider)
}

async fn exchange(provider: &dyn Provider) -> Result<Credential, Failure> {
    let credential = provider.exchange(&id_token(1)).await?;
    provider.guard(&credential).await.map(|()| credential)
}

fn text(credential: &Credential, field: Field) -> &str {
    credential.field(field).map(Secret::expose).unwrap_or_default()
}

fn good(mark: &str) -> Answer {
    granted(&access_token(TENANT, OBJECT, mark))
}

#[tokio::test]
async fn a_token_becomes_an_access_token_by_one_request_with_the_assertion_in_its_form() {
    let (server, provider) = rig("", vec![good("one")]).await;
    let token = id_token(1);
    let credential = provider.exchange(&token).await.unwrap();
    assert_eq!(text(&credential, Field::ACCESS_TOKEN), access_token(TENANT, OBJECT, "one"));
    assert_eq!(credential.subject(), format!("{CLIENT} of tenant {TENANT} (object {OBJECT})"));
    assert_eq!(credential.request_id(), Some("request-of-entra"));
    let life = credential.expires_at().unwrap().duration_since(Real.now()).unwrap();
    assert!((Duration::from_secs(3_500)..Duration::from_hours(1)).contains(&life), "{life:?}");
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert!(request.head.starts_with(&format!("POST /{TENANT}/oauth2/v2.0/token HTTP")), "{}", request.head);
    assert_eq!(request.field("grant_type"), "client_credentials");
    assert_eq!(request.field("client_id"), CLIENT);
    assert_eq!(request.field("scope"), "https://management.azure.com/.default");
    assert_eq!(request.field("client_assertion"), token.raw().expose());
    assert_eq!(
        request.field("client_assertion_type"),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert!(!request.head.contains(SIGNATURE));
}

#[tokio::test]
async fn every_exchange_asks_anew_although_the_last_token_still_lives() {
    let (server, provider) = rig("", vec![good("one"), good("two")]).await;
    for mark in ["one", "two"] {
        let credential = exchange(&*provider).await.unwrap();
        assert_eq!(text(&credential, Field::ACCESS_TOKEN), access_token(TENANT, OBJECT, mark));
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn each_resource_is_one_request_and_the_credential_ends_with_the_first_that_ends() {
    let short = Answer { body: good("two").body.replace("3599", "600"), ..good("two") };
    let config = "resources = ['https://storage.azure.com/', 'https://vault.azure.net/.default']";
    let (server, provider) = rig(config, vec![good("one"), short]).await;
    let credential = exchange(&*provider).await.unwrap();
    let scopes: Vec<_> = server.requests().iter().map(|request| request.field("scope").to_owned()).collect();
    assert_eq!(scopes, ["https://storage.azure.com/.default", "https://vault.azure.net/.default"]);
    let all: serde_json::Value = serde_json::from_str(text(&credential, Field::ACCESS_TOKENS)).unwrap();
    let second = &all["https://vault.azure.net/.default"];
    assert_eq!(second["access_token"], access_token(TENANT, OBJECT, "two"));
    assert_eq!(all["https://storage.azure.com/"]["access_token"], text(&credential, Field::ACCESS_TOKEN));
    let end = credential.expires_at().unwrap();
    assert!(end < Real.now() + Duration::from_secs(601));
    assert_eq!(
        second["expires_on"].as_u64().unwrap(),
        end.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_secs()
    );
}

#[tokio::test]
async fn every_credential_has_just_the_fields_that_were_promised() {
    for (config, count) in [("", 6), ("resources = []", 4), ("cloud = 'china'", 6)] {
        let (_server, provider) = rig(config, vec![good("one")]).await;
        let credential = exchange(&*provider).await.unwrap();
        let mut promised = provider.provides().to_vec();
        promised.sort();
        assert_eq!(credential.fields().map(|(field, _)| field).collect::<Vec<_>>(), promised);
        assert_eq!(promised.len(), count, "{config}");
        assert!(provider.variables().iter().all(|(_, field)| promised.contains(field)));
    }
}

#[tokio::test]
async fn without_resources_nobody_is_asked() {
    let (server, provider) = rig("resources = []", vec![]).await;
    let credential = exchange(&*provider).await.unwrap();
    assert_eq!(credential.expires_at(), None);
    assert_eq!(text(&credential, Field::CLIENT_ID), CLIENT);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_token_of_another_tenant_or_object_is_refused() {
    let other = "22222222-0000-0000-0000-000000000000";
    let expected = format!("expected_object_id = '{OBJECT}'\nexpected_tenant_id = '{TENANT}'");
    for (config, token, is_accepted) in [
        ("", access_token(TENANT, OBJECT, "x"), true),
        ("", access_token(other, OBJECT, "x"), false),
        ("", "opaque".to_owned(), true),
        (expected.as_str(), access_token(&TENANT.to_uppercase(), OBJECT, "x"), true),
        (&expected, access_token(TENANT, other, "x"), false),
        (&expected, "opaque".to_owned(), false),
    ] {
        let (_server, provider) = rig(config, vec![granted(&token)]).await;
        let answer = exchange(&*provider).await;
        assert_eq!(answer.is_ok(), is_accepted, "{config}");
        if let Err(failure) = answer {
            assert_eq!(failure.advice(), Advice::NeedsAttention);
            assert!(failure.remedy().unwrap().contains("expected_"), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn an_id_token_that_lives_too_long_is_not_even_sent() {
    let (server, provider) = rig("", vec![good("one")]).await;
    let failure = provider.exchange(&id_token(26)).await.unwrap_err();
    assert!(failure.to_string().contains("lives 26 h"), "{failure}");
    assert_eq!(failure.advice(), Advice::NeedsAttention);
    assert!(server.requests().is_empty());
    provider.exchange(&id_token(24)).await.unwrap();
}

#[tokio::test]
async fn a_server_whose_authority_is_not_trusted_gets_no_token() {
    let server = Server::answering(vec![good("one")]).await;
    let config = format!("authority_host = '{}'", server.scripted.url);
    let failure = exchange(&*build(&config, &IDS).unwrap()).await.unwrap_err();
    assert!(failure.to_string().ends_with("its certificate is not trusted"), "{failure}");
    assert!(failure.remedy().unwrap().contains("ca_bundle"));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_described_as_the_shared_client_does() {
    let provider = build("authority_host = 'https://localhost:1'", &IDS).unwrap();
    let failure = exchange(&*provider).await.unwrap_err();
    assert_eq!(failure.advice(), Advice::Unreachable);
    assert_eq!(
        failure.to_string(),
        "failed to exchange the ID token for an access token (localhost:1): no connection"
    );
}

#[tokio::test]
async fn a_server_that_hangs_up_is_worth_a_retry() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = format!("authority_host = 'https://localhost:{}'", listener.local_addr().unwrap().port());
    let provider = build(&config, &IDS).unwrap();
    let hang_up = async { drop(listener.accept().await.unwrap()) };
    let (answer, ()) = tokio::join!(exchange(&*provider), hang_up);
    assert!(matches!(answer.unwrap_err().advice(), Advice::Retry { .. } | Advice::Unreachable));
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    for status in [200, 500] {
        let endless = Answer::new(status, "x".repeat(1024 * 1024));
        let (_server, provider) = rig("", vec![endless]).await;
        let failure = exchange(&*provider).await.unwrap_err();
        assert!(failure.to_string().ends_with("the answer is not one of Entra"), "{failure}");
    }
}

#[tokio::test]
async fn an_unreachable_proxy_is_named_without_its_password() {
    let variables = [IDS.as_slice(), &[("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1")]].concat();
    let provider = build("", &variables).unwrap();
    let failure = exchange(&*provider).await.unwrap_err();
    assert!(
        failure.to_string().ends_with("(login.microsoftonline.com): the proxy cannot be reached"),
        "{failure}"
    );
    assert!(!format!("{provider:?} {failure:?}").contains("hunter2"));
}

#[tokio::test]
async fn debug_of_provider_credential_and_failure_shows_no_secret() {
    let refused = Answer::new(
        401,
        format!(r#"{{"error":"invalid_client","error_description":"AADSTS1: {SIGNATURE}"}}"#),
    );
    let (_server, provider) = rig("", vec![good("one"), refused]).await;
    let credential = exchange(&*provider).await.unwrap();
    let failure = exchange(&*provider).await.unwrap_err();
    let shown = format!("{provider:?} {credential:?} {failure:?} {failure}");
    for secret in [SIGNATURE, &access_token(TENANT, OBJECT, "one")] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_date_is_understood_as_a_wish_when_to_be_asked_again() {
    let later = jiff::Timestamp::try_from(Real.now() + Duration::from_secs(90)).unwrap();
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&later).unwrap();
    let (_server, provider) = rig("", vec![Answer::new(429, "").with("retry-after", &date)]).await;
    let advice = exchange(&*provider).await.unwrap_err().advice();
    let Advice::Retry { after: Some(after) } = advice else { panic!("{advice:?}") };
    assert!((Duration::from_secs(80)..=Duration::from_secs(90)).contains(&after), "{after:?}");
}

#[test]
fn the_audience_follows_from_the_cloud() {
    for (config, audience) in [
        ("", "api://AzureADTokenExchange"),
        ("cloud = 'us-government'", "api://AzureADTokenExchangeUSGov"),
        ("cloud = 'china'", "api://AzureADTokenExchangeChina"),
        ("audience = 'api://acme'", "api://acme"),
    ] {
        assert_eq!(build(config, &IDS).unwrap().audience().as_str(), audience);
    }
}
