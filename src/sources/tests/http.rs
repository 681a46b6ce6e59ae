use std::time::Duration;

use evercred_core::{Advice, Configured as _};
use serde_json::json;

use super::server::{Server, ok, status};
use super::support::{context, jwt, mint, source, told, write};
use crate::sources::{github_actions, http};

#[tokio::test]
async fn the_whole_answer_or_a_field_of_it_is_the_token() {
    let nested = json!({ "data": { "token": jwt("a") } }).to_string();
    let server = Server::start([("/raw", ok(&format!("{}\n", jwt("a")))), ("/json", ok(&nested))]).await;
    let raw = json!({ "url": format!("http://{}/raw", server.address) });
    let field = json!({ "url": format!("http://{}/json", server.address), "token_field": "/data/token" });
    for config in [raw, field] {
        assert_eq!(mint(&source::<http::Config>(config, &[]), "a").await.unwrap().raw().expose(), jwt("a"));
    }
}

#[tokio::test]
async fn audience_headers_and_secret_are_sent_and_the_secret_file_is_read_anew() {
    let server = Server::start([("/", ok(&jwt("a b")))]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let source = source::<http::Config>(
        json!({
            "url": format!("http://{}/?v=1", server.address),
            "audience_parameter": "aud",
            "headers": { "Accept": "text/plain" },
            "secret_header": { "name": "X-Key", "prefix": "key ", "file": path },
        }),
        &[],
    );
    for secret in ["one", "two"] {
        write(&path, &format!("{secret}\n"));
        mint(&source, "a b").await.unwrap();
    }
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /?v=1&aud=a+b HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].contains("accept: text/plain\r\n") && requests[0].contains("x-key: key one\r\n"));
    assert!(requests[1].contains("x-key: key two\r\n"), "{requests:?}");
}

#[tokio::test]
async fn each_refusal_has_its_class_its_words_and_a_hint() {
    let server = Server::start([
        ("/401", status("401 Unauthorized", "", r#"{"message":"bad credentials."}"#)),
        ("/403", status("403 Forbidden", "", r#"{"error":"denied","error_description":"not you"}"#)),
        ("/429", status("429 Too Many Requests", "Retry-After: 7\r\n", "slow down\n")),
        (
            "/503",
            status("503 Service Unavailable", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", "<html>"),
        ),
        ("/302", status("302 Found", "Location: /elsewhere\r\n", "")),
        ("/501", status("501 Not Implemented", "", "")),
        ("/page", ok("<html>Log in</html>")),
        ("/json", ok(r#"{"value": 5}"#)),
        ("/cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\neyJ".to_owned()),
    ])
    .await;
    let wait = Advice::Retry { after: Some(Duration::from_secs(7)) };
    for (path, words, class) in [
        ("401", "HTTP 401: bad credentials", Advice::NeedsAttention),
        ("403", "denied: not you (HTTP 403)", Advice::NeedsAttention),
        ("404", "HTTP 404: no such page", Advice::NeedsAttention),
        ("429", "HTTP 429: slow down", wait),
        ("503", "HTTP 503: Service Unavailable", Advice::RETRY),
        ("302", "HTTP 302: Found", Advice::NeedsAttention),
        ("501", "HTTP 501: Not Implemented", Advice::NeedsAttention),
        ("page", "its answer is not JSON", Advice::RETRY),
        ("json", "no text at /value", Advice::RETRY),
        ("cut", "the connection broke", Advice::RETRY),
    ] {
        let config = json!({ "url": format!("http://{}/{path}", server.address), "token_field": "value" });
        let failure = mint(&source::<http::Config>(config, &[]), "a").await.unwrap_err();
        assert!(failure.to_string().contains(words), "{failure}");
        assert_eq!(failure.advice(), class, "{failure}");
        assert!(failure.remedy().is_some(), "{failure}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_sent_is_reported_without_it() {
    let config = json!({ "url": "http://127.0.0.1:1/", "secret_header": { "env": "KEY" } });
    let source = source::<http::Config>(config, &[("KEY", "hun\nter2")]);
    let failure = mint(&source, "a").await.unwrap_err();
    let told = told(&failure);
    assert!(told.contains("(KEY): it cannot be sent in a header"), "{told}");
    assert!(!told.contains("hun") && !format!("{source:?}").contains("hun"));
}

#[test]
fn secrets_in_the_url_and_unclear_secret_headers_are_refused_by_key() {
    for (config, key) in [
        (json!({ "url": "https://user:hunter2@host/" }), "url"),
        (json!({ "url": "ftp://host/" }), "url"),
        (json!({ "url": "https://host/", "secret_header": {} }), "secret_header"),
        (json!({ "url": "https://host/", "secret_header": { "file": "/a", "env": "B" } }), "secret_header"),
        (json!({ "url": "https://host/", "headers": { "a b": "c" } }), "headers"),
    ] {
        let error = serde_json::from_value::<http::Config>(config).unwrap().build(&context(&[])).unwrap_err();
        assert_eq!(error.key, Some(key));
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn github_is_asked_as_its_documentation_says() {
    let server =
        Server::start([("/token", ok(&json!({ "count": 1, "value": jwt("sts") }).to_string()))]).await;
    let url = format!("http://{}/token?api-version=2.0", server.address);
    let variables = [("ACTIONS_ID_TOKEN_REQUEST_URL", &*url), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job")];
    let source = source::<github_actions::Config>(json!({}), &variables);
    assert_eq!(mint(&source, "sts").await.unwrap().raw().expose(), jwt("sts"));
    let request = server.requests().remove(0);
    assert!(request.starts_with("GET /token?api-version=2.0&audience=sts HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer job\r\n"), "{request}");
}

#[test]
fn without_its_permission_a_github_job_is_told_what_to_add() {
    let error = github_actions::Config::default().build(&context(&[])).unwrap_err();
    assert!(error.hint.unwrap().contains("id-token: write"));
}
