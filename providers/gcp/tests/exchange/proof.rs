//! `verify = true`: Google's own library has to get a token, too, from what programs will read.

use evercred_core::Advice;
use evercred_test_support::tokens::SIGNATURE;
use serde_json::json;

use crate::support::{federated, id_token, impersonated, refused};
use crate::{ACCOUNT, LATER, exchange, rig, text};

#[tokio::test]
async fn the_library_asks_with_the_same_token_for_the_same_thing_and_only_once() {
    let config = format!("{ACCOUNT}verify = true");
    let answers = vec![
        federated("token-1", 3600),
        impersonated("token-2", LATER),
        federated("token-3", 3600),
        impersonated("token-4", "2099-01-01T00:00:00Z"),
    ];
    let (server, provider) = rig(&config, answers).await;
    let credential = exchange(&*provider).await.unwrap();
    assert_eq!(text(&credential, "access_token"), "token-2", "the library's own is thrown away");
    let [ours, _, theirs, last] = &server.requests()[..] else { panic!("{}", server.requests().len()) };
    for field in ["audience", "subject_token", "subject_token_type", "grant_type", "requested_token_type"] {
        assert_eq!(theirs.form[field], ours.form[field], "{field}");
    }
    assert_eq!(theirs.form["subject_token"], id_token().raw().expose(), "not a byte more");
    assert!(ours.head.contains("evercred/") && !theirs.head.contains("evercred/"), "{}", theirs.head);
    assert_eq!(
        last.path(),
        "/v1/projects/-/serviceAccounts/dev@acme.iam.gserviceaccount.com:generateAccessToken"
    );
    assert!(last.head.to_lowercase().contains("authorization: bearer token-3"), "{}", last.head);
}

#[tokio::test]
async fn what_the_library_cannot_use_is_not_published_and_its_words_are_shown_without_the_token() {
    let echo = format!("Bad token {}", id_token().raw().expose());
    let no = refused(400, &json!({ "error": "invalid_grant", "error_description": echo }));
    let (_server, provider) = rig("verify = true", vec![federated("token-1", 3600), no]).await;
    let failure = exchange(&*provider).await.unwrap_err();
    assert_eq!(failure.advice(), Advice::NeedsAttention);
    let shown = format!("{failure} {failure:?}");
    assert!(shown.contains("Google's own library") && shown.contains("invalid_grant"), "{shown}");
    assert!(!shown.contains(SIGNATURE) && !shown.contains("eyJ"), "{shown}");
    assert!(failure.remedy().unwrap().contains("SSL_CERT_FILE"));
}

#[tokio::test]
async fn a_server_that_has_gone_meanwhile_is_worth_a_retry() {
    let (server, provider) = rig("verify = true", vec![federated("token-1", 3600)]).await;
    let failure = exchange(&*provider).await.unwrap_err();
    assert_eq!((server.requests().len(), failure.advice()), (1, Advice::RETRY), "{failure}");
}
