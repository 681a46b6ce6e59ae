//! What the Google Cloud provider does on the wire, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its server has failed")]

mod config;
mod on_demand;
mod proof;
mod refusals;
mod support;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use evercred_core::{Advice, Credential, Failure, Field, Provider};
use evercred_test_support::scripted::{Answer, Scripted};
use evercred_test_support::tokens::{SIGNATURE, jwt};
use serde_json::{Value, json};
use support::{NOW, build, federated, id_token, impersonated, ok, refused, server};

const PROVIDER: &str = "projects/1234/locations/global/workloadIdentityPools/ona/providers/main";
const ACCOUNT: &str = "service_account = 'dev@acme.iam.gserviceaccount.com'\n";
const LATER: &str = "2026-11-22T21:30:00Z";

/// A server with these answers, and a provider of this config that asks it.
async fn rig(config: &str, answers: Vec<Answer>) -> (Scripted, Arc<dyn Provider>) {
    let server = server(answers).await;
    let url = &server.url;
    let provider =
        if config.contains("provider = ") { String::new() } else { format!("provider = '{PROVIDER}'\n") };
    let config = format!("{provider}sts_endpoint = '{url}'\niam_credentials_endpoint = '{url}/'\n{config}");
    let provider = build(&config, &[]).unwrap();
    (server, provider)
}

async fn exchange(provider: &dyn Provider) -> Result<Credential, Failure> {
    let credential = provider.exchange(&id_token()).await?;
    provider.guard(&credential).await.map(|()| credential)
}

fn text<'c>(credential: &'c Credential, field: &'static str) -> &'c str {
    credential.field(Field::new(field)).map(evercred_core::Secret::expose).unwrap_or_default()
}

fn settings(credential: &Credential) -> Value {
    serde_json::from_str(text(credential, "external_account")).unwrap()
}

fn after(minutes: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + NOW + Duration::from_mins(minutes)
}

#[tokio::test]
async fn a_token_becomes_an_access_token_by_one_request_and_dies_with_it() {
    let (server, provider) = rig("", vec![federated("token-1", 7200)]).await;
    let credential = exchange(&*provider).await.unwrap();
    assert_eq!(text(&credential, "access_token"), "token-1");
    assert_eq!(credential.expires_at(), Some(after(60)), "the ID token ends then");
    assert!(provider.expires_with_token());
    assert_eq!(
        credential.subject(),
        "principal://iam.googleapis.com/projects/1234/locations/global/workloadIdentityPools/ona/subject/acme-app-x1"
    );
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(request.path(), "/v1/token");
    let (audience, token) = (format!("//iam.googleapis.com/{PROVIDER}"), id_token());
    let expected = [
        ("audience", &*audience),
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("scope", "https://www.googleapis.com/auth/cloud-platform"),
        ("subject_token", token.raw().expose()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ];
    assert_eq!(request.form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[tokio::test]
async fn an_access_token_that_ends_before_the_id_token_ends_then() {
    let (_server, provider) = rig("", vec![federated("token-1", 600)]).await;
    assert_eq!(exchange(&*provider).await.unwrap().expires_at(), Some(after(10)));
}

#[tokio::test]
async fn a_service_account_is_spoken_for_beyond_the_end_of_the_id_token() {
    let config = format!("{ACCOUNT}scopes = ['https://www.googleapis.com/auth/devstorage.read_only']");
    let answers = vec![federated("token-1", 3600), impersonated("token-2", LATER)];
    let (server, provider) = rig(&config, answers).await;
    let credential = exchange(&*provider).await.unwrap();
    assert_eq!(text(&credential, "access_token"), "token-2");
    assert_eq!((credential.expires_at(), provider.expires_with_token()), (Some(after(90)), false));
    assert_eq!(credential.subject(), "dev@acme.iam.gserviceaccount.com");
    assert_eq!(
        (text(&credential, "project"), text(&credential, "service_account")),
        ("acme", credential.subject())
    );
    let [first, second] = &server.requests()[..] else { panic!("two requests") };
    assert_eq!(first.form["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(
        second.path(),
        "/v1/projects/-/serviceAccounts/dev@acme.iam.gserviceaccount.com:generateAccessToken"
    );
    assert!(second.head.contains("authorization: Bearer token-1"), "{}", second.head);
    let expected = json!({
        "delegates": [],
        "lifetime": "3600s",
        "scope": ["https://www.googleapis.com/auth/devstorage.read_only"],
    });
    assert_eq!(second.json(), expected);
}

#[tokio::test]
async fn every_credential_has_just_the_fields_that_were_promised() {
    let signed =
        jwt(&json!({ "aud": "a", "exp": 1_795_381_200, "email": "dev@acme.iam.gserviceaccount.com" }));
    for (config, answers, count) in [
        ("", vec![federated("token-1", 60)], 2),
        ("project = 'acme'", vec![federated("token-1", 60)], 3),
        (ACCOUNT, vec![federated("token-1", 60), impersonated("token-2", LATER)], 4),
        (
            &*format!("{ACCOUNT}delegates = ['hub@acme.iam.gserviceaccount.com']"),
            vec![federated("token-1", 60), impersonated("token-2", LATER)],
            3,
        ),
        (
            &*format!("{ACCOUNT}id_token_audience = 'a'"),
            vec![federated("token-1", 60), impersonated("token-2", LATER), ok(&json!({ "token": signed }))],
            5,
        ),
    ] {
        let (_server, provider) = rig(config, answers).await;
        let credential = exchange(&*provider).await.unwrap();
        let mut promised = provider.provides().to_vec();
        promised.sort();
        assert_eq!(credential.fields().map(|(field, _)| field).collect::<Vec<_>>(), promised);
        assert_eq!(promised.len(), count, "{config}");
        assert!(provider.variables().iter().all(|(_, field)| promised.contains(field)));
    }
}

#[tokio::test]
async fn delegates_are_gone_through_in_order() {
    let config =
        format!("{ACCOUNT}delegates = ['a@acme.iam.gserviceaccount.com', 'b@acme.iam.gserviceaccount.com']");
    let (server, provider) =
        rig(&config, vec![federated("token-1", 60), impersonated("token-2", LATER)]).await;
    exchange(&*provider).await.unwrap();
    let expected =
        ["a", "b"].map(|name| format!("projects/-/serviceAccounts/{name}@acme.iam.gserviceaccount.com"));
    assert_eq!(server.requests()[1].json()["delegates"], json!(expected));
}

#[tokio::test]
async fn a_lifetime_that_is_not_allowed_becomes_an_hour_from_then_on_for_programs_too() {
    let too_long = || {
        let message = "Tokens for this service account can not have lifetimes of more than 1 hour.";
        refused(400, &json!({ "error": { "code": 400, "message": message, "status": "INVALID_ARGUMENT" } }))
    };
    let answers = vec![
        federated("token-1", 60),
        too_long(),
        impersonated("token-2", LATER),
        federated("token-3", 60),
        impersonated("token-4", LATER),
    ];
    let (server, provider) = rig(&format!("{ACCOUNT}lifetime = '12h'"), answers).await;
    assert_eq!(provider.notes(), [""; 0]);
    for token in ["token-2", "token-4"] {
        let credential = exchange(&*provider).await.unwrap();
        assert_eq!(text(&credential, "access_token"), token);
        assert_eq!(settings(&credential)["service_account_impersonation"]["token_lifetime_seconds"], 3600);
    }
    let asked = server.requests().into_iter().filter(|request| request.path() != "/v1/token");
    let asked: Vec<Value> = asked.map(|request| request.json()["lifetime"].clone()).collect();
    assert_eq!(asked, ["43200s", "3600s", "3600s"]);
    assert!(provider.notes()[0].contains("last 1h"), "{:?}", provider.notes());
}

#[tokio::test]
async fn a_token_that_google_signs_ends_the_credential_with_it_and_must_be_the_account_s() {
    let config = format!("{ACCOUNT}id_token_audience = 'https://app.run.app'");
    let token = |email: &str, audience: &str| {
        jwt(
            &json!({ "iss": "https://accounts.google.com", "aud": audience, "email": email, "exp": 1_795_379_400 }),
        )
    };
    let ours = "dev@acme.iam.gserviceaccount.com";
    for (signed, wrong) in [
        (token(ours, "https://app.run.app"), None),
        (token("admin@acme.iam.gserviceaccount.com", "https://app.run.app"), Some("speaks for admin@")),
        (token(ours, "https://other.run.app"), Some("not for \"https://app.run.app\"")),
        ("nonsense".to_owned(), Some("is not one")),
    ] {
        let answers =
            vec![federated("token-1", 60), impersonated("token-2", LATER), ok(&json!({ "token": signed }))];
        let (server, provider) = rig(&config, answers).await;
        match (exchange(&*provider).await, wrong) {
            (Ok(credential), None) => {
                assert_eq!(text(&credential, "service_account_id_token"), signed);
                assert_eq!(credential.expires_at(), Some(after(30)));
                let expected =
                    json!({ "delegates": [], "audience": "https://app.run.app", "includeEmail": true });
                assert_eq!(server.requests()[2].json(), expected);
            }
            (Err(failure), Some(wrong)) => assert!(failure.to_string().contains(wrong), "{failure}"),
            (answer, _) => panic!("{answer:?}"),
        }
    }
}

#[tokio::test]
async fn a_workforce_identity_says_whom_to_bill() {
    let config = "provider = 'locations/global/workforcePools/staff/providers/ona'\naudience = 'client'\n\
                  user_project = 'acme'";
    let (server, provider) = rig(config, vec![federated("token-1", 60)]).await;
    assert_eq!(provider.audience().as_str(), "client");
    let credential = exchange(&*provider).await.unwrap();
    assert_eq!(
        credential.subject(),
        "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/acme-app-x1"
    );
    let form = server.requests().remove(0).form;
    assert_eq!(form["options"], r#"{"userProject":"acme"}"#);
    assert_eq!(form["audience"], "//iam.googleapis.com/locations/global/workforcePools/staff/providers/ona");
    assert_eq!(settings(&credential)["workforce_pool_user_project"], "acme");
}

#[tokio::test]
async fn an_answer_that_is_empty_not_a_bearer_or_endless_is_a_failure() {
    let mut other = federated("token-1", 60);
    other.body = other.body.replace("Bearer", "N_A");
    let mut endless = federated("token-1", 60);
    endless.body.push_str(&" ".repeat(1024 * 1024));
    let empty = federated("", 60);
    for (answer, problem) in [(empty, "is empty"), (other, "not a bearer"), (endless, "not one of Google's")]
    {
        let (_server, provider) = rig("", vec![answer]).await;
        let failure = exchange(&*provider).await.unwrap_err();
        assert!(failure.to_string().contains(problem), "{failure}");
        assert_eq!(failure.advice(), Advice::RETRY);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_described_as_the_shared_client_does() {
    let config = format!("provider = '{PROVIDER}'\nsts_endpoint = 'http://127.0.0.1:1'");
    let failure = exchange(&*build(&config, &[]).unwrap()).await.unwrap_err();
    assert_eq!(failure.advice(), Advice::Unreachable);
    assert!(failure.to_string().ends_with("(http://127.0.0.1:1): no connection"), "{failure}");
}

#[tokio::test]
async fn debug_of_provider_credential_and_failure_shows_no_secret() {
    let stale =
        refused(400, &json!({ "error": "invalid_grant", "error_description": id_token().raw().expose() }));
    let (_server, provider) =
        rig(ACCOUNT, vec![federated("token-1", 60), impersonated("token-2", LATER), stale]).await;
    let credential = exchange(&*provider).await.unwrap();
    let failure = exchange(&*provider).await.unwrap_err();
    let shown = format!("{provider:?} {credential:?} {failure:?} {failure}");
    for secret in ["token-1", "token-2", SIGNATURE] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
