//! What the AWS provider does on the wire, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its server has failed")]

mod refusals;
mod support;

use std::time::{Duration, SystemTime};

use evercred_core::{Advice, Credential, Failure, Field, Provider};
use evercred_test_support::scripted::{Answer, Scripted};
use evercred_test_support::tokens::SIGNATURE;
use support::{NOW, build, error, id_token, server, session};

const ROLE: &str = "role_arn = 'arn:aws:iam::123456789012:role/dev'\n";
const LATER: &str = "2026-11-22T21:00:00Z";

fn by_token(key: &str) -> Answer {
    let user = "arn:aws:sts::123456789012:assumed-role/dev/acme-app-x1";
    session("AssumeRoleWithWebIdentity", key, user, LATER)
}

fn by_role(key: &str, role: &str) -> Answer {
    let user = format!("arn:aws:sts::210987654321:assumed-role/{role}/acme-app-x1");
    session("AssumeRole", key, &user, LATER)
}

/// A server with these answers, and a provider of this config that asks it.
async fn rig(config: &str, answers: Vec<Answer>) -> (Scripted, std::sync::Arc<dyn Provider>) {
    let server = server(answers).await;
    let provider = build(config, &[("AWS_ENDPOINT_URL_STS", &server.url)]).unwrap();
    (server, provider)
}

async fn exchange(provider: &dyn Provider) -> Result<Credential, Failure> {
    let credential = provider.exchange(&id_token()).await?;
    provider.guard(&credential).await.map(|()| credential)
}

fn text(credential: &Credential, field: Field) -> &str {
    credential.field(field).map(evercred_core::Secret::expose).unwrap_or_default()
}

#[tokio::test]
async fn a_token_becomes_a_session_by_one_unsigned_request() {
    let (server, provider) = rig(ROLE, vec![by_token("ASIA1")]).await;
    let credential = exchange(&*provider).await.unwrap();
    assert_eq!(text(&credential, Field::ACCESS_KEY_ID), "ASIA1");
    assert_eq!(text(&credential, Field::SECRET_ACCESS_KEY), "secret-of-ASIA1");
    assert_eq!(text(&credential, Field::SESSION_TOKEN), "token-of-ASIA1");
    assert_eq!(text(&credential, Field::ACCOUNT_ID), "123456789012");
    assert_eq!(credential.subject(), "arn:aws:sts::123456789012:assumed-role/dev/acme-app-x1");
    assert_eq!(credential.expires_at(), Some(SystemTime::UNIX_EPOCH + NOW + Duration::from_hours(1)));
    assert_eq!(credential.request_id(), Some("request-of-ASIA1"));
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert!(!request.head.to_lowercase().contains("\r\nauthorization:"), "{}", request.head);
    assert_eq!(request.field("WebIdentityToken"), id_token().raw().expose());
    assert_eq!(request.field("RoleSessionName"), "acme-app-x1");
    assert_eq!(request.field("DurationSeconds"), "3600");
}

#[tokio::test]
async fn every_credential_has_just_the_fields_that_were_promised() {
    for (config, count) in [(ROLE.to_owned(), 5), (format!("{ROLE}region = 'eu-west-1'"), 6)] {
        let (_server, provider) = rig(&config, vec![by_token("ASIA1")]).await;
        let credential = exchange(&*provider).await.unwrap();
        let mut promised = provider.provides().to_vec();
        promised.sort();
        assert_eq!(credential.fields().map(|(field, _)| field).collect::<Vec<_>>(), promised);
        assert_eq!(promised.len(), count);
        assert!(provider.variables().iter().all(|(_, field)| promised.contains(field)));
    }
}

#[tokio::test]
async fn what_the_config_says_is_what_is_asked_for() {
    let config = format!(
        "{ROLE}session_name = 'me'\nduration = '2h'\npolicy_arns = ['arn:aws:iam::aws:policy/ReadOnlyAccess']\n\
         policy = '{{\"Statement\": []}}'\naudience = 'other'"
    );
    let (server, provider) = rig(&config, vec![by_token("ASIA1")]).await;
    assert_eq!(provider.audience().as_str(), "other");
    exchange(&*provider).await.unwrap();
    let [request] = &server.requests()[..] else { panic!("one request") };
    assert_eq!(request.field("RoleSessionName"), "me");
    assert_eq!(request.field("DurationSeconds"), "7200");
    assert_eq!(request.field("Policy"), r#"{"Statement":[]}"#);
    assert_eq!(request.field("PolicyArns.member.1.arn"), "arn:aws:iam::aws:policy/ReadOnlyAccess");
}

#[tokio::test]
async fn a_role_that_allows_less_is_asked_for_an_hour_at_once_and_from_then_on() {
    let refused = error(
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
    let answers = vec![refused, by_token("ASIA1"), by_token("ASIA2")];
    let (server, provider) = rig(&format!("{ROLE}duration = '12h'"), answers).await;
    assert_eq!(provider.notes(), [""; 0]);
    for key in ["ASIA1", "ASIA2"] {
        let credential = exchange(&*provider).await.unwrap();
        assert_eq!(text(&credential, Field::ACCESS_KEY_ID), key);
    }
    let asked: Vec<_> =
        server.requests().iter().map(|request| request.field("DurationSeconds").to_owned()).collect();
    assert_eq!(asked, ["43200", "3600", "3600"]);
    assert!(provider.notes()[0].contains("last 1h"), "{:?}", provider.notes());
}

#[tokio::test]
async fn a_chain_goes_on_with_signed_requests_to_the_last_role() {
    let config = format!(
        "{ROLE}duration = '2h'\n[[chain]]\nrole_arn = 'arn:aws:iam::210987654321:role/hub'\n\
         external_id = 'acme-1'\ntags = {{ team = 'a' }}\ntransitive_tags = ['team']\n\
         [[chain]]\nrole_arn = 'arn:aws:iam::210987654321:role/spoke'\nsession_name = 'last'"
    );
    let answers = vec![by_token("ASIA1"), by_role("ASIA2", "hub"), by_role("ASIA3", "spoke")];
    let (server, provider) = rig(&config, answers).await;
    assert!(provider.notes()[0].contains("after 1h"), "{:?}", provider.notes());
    let credential = exchange(&*provider).await.unwrap();
    assert_eq!(text(&credential, Field::ACCESS_KEY_ID), "ASIA3");
    assert_eq!(text(&credential, Field::ROLE_ARN), "arn:aws:iam::210987654321:role/spoke");
    assert_eq!(text(&credential, Field::ACCOUNT_ID), "210987654321");
    let [first, hub, spoke] = &server.requests()[..] else { panic!("three requests") };
    assert_eq!([first, hub, spoke].map(|request| request.field("DurationSeconds")), ["900", "900", "3600"]);
    assert!(hub.head.contains("Credential=ASIA1/20261122/us-east-1/sts/aws4_request"), "{}", hub.head);
    assert!(hub.head.contains("x-amz-security-token: token-of-ASIA1"), "{}", hub.head);
    assert_eq!((hub.field("ExternalId"), hub.field("RoleSessionName")), ("acme-1", "acme-app-x1"));
    assert_eq!((hub.field("Tags.member.1.Key"), hub.field("Tags.member.1.Value")), ("team", "a"));
    assert_eq!(hub.field("TransitiveTagKeys.member.1"), "team");
    assert!(spoke.head.contains("x-amz-security-token: token-of-ASIA2"), "{}", spoke.head);
    assert_eq!((spoke.field("ExternalId"), spoke.field("RoleSessionName")), ("", "last"));
}

#[tokio::test]
async fn a_refusal_along_the_chain_names_both_roles() {
    let config = format!("{ROLE}[[chain]]\nrole_arn = 'arn:aws:iam::210987654321:role/hub'");
    let denied = error(403, "AccessDenied", "User is not authorized to perform: sts:AssumeRole");
    let (_server, provider) = rig(&config, vec![by_token("ASIA1"), denied]).await;
    let failure = exchange(&*provider).await.unwrap_err();
    assert_eq!(failure.advice(), Advice::NeedsAttention);
    let hint = failure.remedy().unwrap();
    assert!(hint.contains("role/hub must name arn:aws:iam::123456789012:role/dev"), "{hint}");
    assert!(hint.contains("external_id"), "{hint}");
}

#[tokio::test]
async fn a_session_of_another_account_or_role_is_refused() {
    for user in
        ["arn:aws:sts::210987654321:assumed-role/dev/me", "arn:aws:sts::123456789012:assumed-role/admin/me"]
    {
        let answer = session("AssumeRoleWithWebIdentity", "ASIA1", user, LATER);
        let (_server, provider) = rig(ROLE, vec![answer]).await;
        let failure = exchange(&*provider).await.unwrap_err();
        assert_eq!(failure.advice(), Advice::NeedsAttention);
        assert!(failure.to_string().contains(user), "{failure}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_say_whose_the_session_is_is_accepted() {
    let (_server, provider) = rig(ROLE, vec![session("AssumeRoleWithWebIdentity", "ASIA1", "", LATER)]).await;
    let credential = exchange(&*provider).await.unwrap();
    assert_eq!(credential.subject(), "arn:aws:iam::123456789012:role/dev");
}

#[tokio::test]
async fn with_verify_aws_itself_is_asked_whose_the_session_is() {
    for (account, is_accepted) in [("123456789012", true), ("210987654321", false)] {
        let body = format!(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>\
             <Arn>arn:aws:sts::{account}:assumed-role/dev/me</Arn><UserId>AROA1:me</UserId>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let identity = Answer::new(200, body);
        let (server, provider) =
            rig(&format!("{ROLE}verify = true"), vec![by_token("ASIA1"), identity]).await;
        assert_eq!(exchange(&*provider).await.is_ok(), is_accepted);
        let [_, asked] = &server.requests()[..] else { panic!("two requests") };
        assert_eq!(asked.field("Action"), "GetCallerIdentity");
        assert!(asked.head.contains("x-amz-security-token: token-of-ASIA1"), "{}", asked.head);
    }
}

#[tokio::test]
async fn a_session_that_is_empty_or_over_is_a_failure() {
    let empty = session("AssumeRoleWithWebIdentity", "", "", LATER);
    let over = session("AssumeRoleWithWebIdentity", "ASIA1", "", "2026-11-22T20:00:00Z");
    for (answer, problem) in [(empty, "keys are empty"), (over, "over already")] {
        let (_server, provider) = rig(ROLE, vec![answer]).await;
        let failure = exchange(&*provider).await.unwrap_err();
        assert!(failure.to_string().ends_with(problem), "{failure}");
        assert_eq!(failure.advice(), Advice::RETRY);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_described_as_the_shared_client_does() {
    let provider = build(&format!("{ROLE}endpoint_url = 'http://127.0.0.1:1'"), &[]).unwrap();
    let failure = exchange(&*provider).await.unwrap_err();
    assert_eq!(failure.advice(), Advice::Unreachable);
    assert!(failure.to_string().ends_with("(http://127.0.0.1:1): no connection"), "{failure}");
}

#[tokio::test]
async fn a_server_that_hangs_up_is_worth_a_retry() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("{ROLE}endpoint_url = 'http://{}'", listener.local_addr().unwrap());
    let provider = build(&endpoint, &[]).unwrap();
    let hang_up = async { drop(listener.accept().await.unwrap()) };
    let (answer, ()) = tokio::join!(exchange(&*provider), hang_up);
    assert_eq!(answer.unwrap_err().advice(), Advice::RETRY);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let endless = Answer::new(200, "x".repeat(1024 * 1024));
    let (_server, provider) = rig(ROLE, vec![endless]).await;
    let failure = exchange(&*provider).await.unwrap_err();
    assert!(std::error::Error::source(&failure).unwrap().to_string().contains("too long"), "{failure:?}");
}

#[tokio::test]
async fn an_unreachable_proxy_is_named() {
    let variables = [("HTTPS_PROXY", "http://me:hunter2@127.0.0.1:1")];
    let provider = build(&format!("{ROLE}region = 'eu-west-1'"), &variables).unwrap();
    let failure = exchange(&*provider).await.unwrap_err();
    assert!(
        failure.to_string().ends_with("(AWS STS in eu-west-1): the proxy cannot be reached"),
        "{failure}"
    );
    assert!(!format!("{provider:?} {failure:?}").contains("hunter2"));
}

#[tokio::test]
async fn debug_of_provider_credential_and_failure_shows_no_secret() {
    let (_server, provider) = rig(ROLE, vec![by_token("ASIA1"), error(400, "ExpiredToken", "")]).await;
    let credential = exchange(&*provider).await.unwrap();
    let failure = exchange(&*provider).await.unwrap_err();
    let shown = format!("{provider:?} {credential:?} {failure:?} {failure}");
    for secret in ["secret-of", "token-of", SIGNATURE] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn mistakes_that_can_be_seen_beforehand_are_errors_of_their_keys() {
    let hub = "[[chain]]\nrole_arn = 'arn:aws:iam::210987654321:role/hub'\n";
    for (config, key) in [
        ("duration = '5m'".to_owned(), "duration"),
        ("duration = '13h'".to_owned(), "duration"),
        ("account_id = '210987654321'".to_owned(), "account_id"),
        (format!("policy_arns = [{}]", "'arn:aws:iam::aws:policy/A',".repeat(11)), "policy_arns"),
        ("ca_bundle = '/nowhere/ca.pem'".to_owned(), "ca_bundle"),
        (format!("{hub}external_id = '?'"), "chain"),
        (format!("{hub}transitive_tags = ['team']"), "chain"),
        (format!("{hub}duration = '1m'"), "chain"),
        ("[[chain]]\nrole_arn = 'arn:aws-cn:iam::210987654321:role/hub'".to_owned(), "chain"),
    ] {
        let problem = build(&format!("{ROLE}{config}"), &[]).unwrap_err();
        assert_eq!(problem.key, Some(key), "{config}");
        assert!(problem.hint.is_some() || key == "chain", "{config}");
    }
}

#[test]
fn the_audience_follows_from_the_partition() {
    for (partition, audience) in [
        ("aws", "sts.amazonaws.com"),
        ("aws-us-gov", "sts.amazonaws.com"),
        ("aws-cn", "sts.amazonaws.com.cn"),
    ] {
        let config = format!("role_arn = 'arn:{partition}:iam::123456789012:role/dev'");
        assert_eq!(build(&config, &[]).unwrap().audience().as_str(), audience);
    }
}
