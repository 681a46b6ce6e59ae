use evercred_core::Advice;
use serde_json::json;

use super::server::{Server, ok, status};
use super::support::{jwt, mint, source};
use crate::sources::gitpod;

const INFO: &str = "/_supervisor/v1/info/workspace";
const TOKEN: &str = "/_supervisor/v1/token/gitpod/gitpod.test/function:getWorkspace";
const API: &str = "/gitpod.experimental.v1.IdentityProviderService/GetIDToken";

fn info() -> (&'static str, String) {
    (
        INFO,
        ok(r#"{"workspaceId":"w-1","gitpodApi":{"endpoint":"wss://gitpod.test/api","host":"gitpod.test"}}"#),
    )
}

fn lent() -> (&'static str, String) {
    (TOKEN, ok(r#"{"token":"lent-token"}"#))
}

async fn failure_with(server: &Server) -> evercred_core::Failure {
    let config =
        json!({ "supervisor_address": server.address, "api_url": format!("http://{}", server.address) });
    mint(&source::<gitpod::Config>(config, &[]), "a").await.unwrap_err()
}

#[tokio::test]
async fn the_supervisor_and_the_api_are_asked_as_the_cli_does() {
    let server = Server::start([info(), lent(), (API, ok(&json!({ "token": jwt("a") }).to_string()))]).await;
    let api = format!("http://{}/", server.address);
    let source = source::<gitpod::Config>(
        json!({ "api_url": api, "scope": "s" }),
        &[("SUPERVISOR_ADDR", &server.address)],
    );
    assert_eq!(mint(&source, "a").await.unwrap().raw().expose(), jwt("a"));
    let request = server.requests().pop().unwrap();
    assert!(request.starts_with(&format!("POST {API} HTTP/1.1\r\n")), "{request}");
    assert!(request.contains("authorization: Bearer lent-token\r\n"), "{request}");
    assert!(request.contains("content-type: application/json\r\n"), "{request}");
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({ "workspaceId": "w-1", "audience": ["a"], "scope": "s" }));
    assert_eq!(source.describe(), format!("gitpod supervisor at {}", server.address));
}

#[tokio::test]
async fn the_other_spelling_of_field_names_is_understood() {
    let info = (INFO, ok(r#"{"workspace_id":"w-1","gitpod_api":{"host":"gitpod.test"}}"#));
    let server = Server::start([info, lent(), (API, ok(&json!({ "token": jwt("a") }).to_string()))]).await;
    let config =
        json!({ "supervisor_address": server.address, "api_url": format!("http://{}", server.address) });
    mint(&source::<gitpod::Config>(config, &[]), "a").await.unwrap();
}

#[tokio::test]
async fn a_refusal_of_the_api_keeps_its_code_and_class() {
    for (line, code, class) in [
        ("403 Forbidden", "permission_denied", Advice::NeedsAttention),
        ("503 Service Unavailable", "unavailable", Advice::RETRY),
    ] {
        let refusal = status(line, "", &json!({ "code": code, "message": "because" }).to_string());
        let server = Server::start([info(), lent(), (API, refusal)]).await;
        let failure = failure_with(&server).await;
        assert_eq!(failure.provider_code(), Some(code));
        assert_eq!(failure.advice(), class);
        assert!(failure.to_string().starts_with("failed to ask the Gitpod API for an ID token"), "{failure}");
    }
}

#[tokio::test]
async fn an_answer_that_names_no_workspace_is_worth_another_try() {
    let server = Server::start([(INFO, ok("{}"))]).await;
    let failure = failure_with(&server).await;
    assert!(failure.to_string().contains("does not name the workspace"), "{failure}");
    assert_eq!(failure.advice(), Advice::RETRY);
}

#[tokio::test]
async fn the_supervisor_is_asked_without_the_proxy_that_the_environment_names() {
    let supervisor = Server::start([(INFO, ok("{}"))]).await;
    let proxy = Server::start([("/", ok("{}"))]).await;
    let url = format!("http://{}", proxy.address);
    let source = source::<gitpod::Config>(
        json!({}),
        &[("SUPERVISOR_ADDR", &supervisor.address), ("http_proxy", &url)],
    );
    mint(&source, "a").await.unwrap_err();
    assert_eq!((supervisor.requests().len(), proxy.requests().len()), (1, 0));
}
