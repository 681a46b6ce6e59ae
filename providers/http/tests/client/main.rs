//! What the shared HTTP client does on the wire, over real sockets.

#![expect(clippy::disallowed_methods, reason = "the tests write their certificates into a temporary folder")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its server has failed")]

mod support;

use std::time::Duration;

use evercred_core::{Advice, Environment, Failure};
use evercred_http::{Alias, ClientOptions, Http, network_failure};
use support::{Authority, Tail, serve};

fn http(variables: &[(&str, &str)]) -> Http {
    Http::new(&variables.iter().copied().collect::<Environment>())
}

async fn get(http: &Http, options: &ClientOptions, url: &str) -> Result<String, Failure> {
    let answer = http.client(options).unwrap().get(url).send().await;
    let answer = answer.map_err(|error| network_failure("reach the test server", "here", error))?;
    let body = answer.text().await;
    body.map_err(|error| network_failure("read the answer", "here", error))
}

async fn refusal(http: &Http, url: &str, advice: Advice) -> Failure {
    let failure = get(http, &ClientOptions::default(), url).await.unwrap_err();
    assert_eq!(failure.advice(), advice);
    assert!(!failure.to_string().contains(url), "{failure}");
    failure
}

#[tokio::test]
async fn a_server_of_a_private_authority_is_trusted_once_its_bundle_is_named() {
    let authority = Authority::new();
    let server = authority.serve("127.0.0.1").await;
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("ca.pem");
    std::fs::write(&bundle, authority.pem()).unwrap();
    let options = ClientOptions { ca_bundle: Some(bundle), ..ClientOptions::default() };
    assert_eq!(get(&http(&[]), &options, &server.https()).await.unwrap(), "hello");
}

#[tokio::test]
async fn without_the_bundle_its_certificate_is_not_trusted_and_the_remedy_names_the_key() {
    let server = Authority::new().serve("127.0.0.1").await;
    let failure = refusal(&http(&[]), &server.https(), Advice::RETRY).await;
    assert!(failure.to_string().ends_with("its certificate is not trusted"), "{failure}");
    assert!(failure.remedy().unwrap().contains("ca_bundle"));
}

#[tokio::test]
async fn certificates_of_another_time_or_host_are_told_from_untrusted_ones() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("ca.pem");
    std::fs::write(&bundle, authority.pem()).unwrap();
    let options = ClientOptions { ca_bundle: Some(bundle), ..ClientOptions::default() };
    let cases = [
        (authority.serve("elsewhere.test").await, "for another host name"),
        (authority.serve_expired("127.0.0.1").await, "not valid at this time"),
    ];
    for (server, expected) in cases {
        let failure = get(&http(&[]), &options, &server.https()).await.unwrap_err();
        assert!(failure.to_string().contains(expected), "{failure}");
    }
}

#[tokio::test]
async fn a_server_of_an_authority_in_the_named_folder_is_trusted() {
    let authority = Authority::new();
    let server = authority.serve("127.0.0.1").await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
    std::fs::write(folder.path().join("README"), "what is here").unwrap();
    let options = ClientOptions { ca_path: Some(folder.path().to_owned()), ..ClientOptions::default() };
    assert_eq!(get(&http(&[]), &options, &server.https()).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_is_shown_the_named_one() {
    let authority = Authority::new();
    let server = authority.serve_clients_of_its_own("127.0.0.1").await;
    let folder = tempfile::tempdir().unwrap();
    let [bundle, certificate, key] = ["ca.pem", "client.pem", "key.pem"].map(|name| folder.path().join(name));
    let (certificate_pem, key_pem) = authority.client();
    for (path, pem) in [(&bundle, authority.pem()), (&certificate, certificate_pem), (&key, key_pem)] {
        std::fs::write(path, pem).unwrap();
    }
    let without = ClientOptions { ca_bundle: Some(bundle), ..ClientOptions::default() };
    let failure = get(&http(&[]), &without, &server.https()).await.unwrap_err();
    assert!(failure.to_string().contains("wants a certificate"), "{failure:?}");
    assert!(failure.remedy().unwrap().contains("client_certificate"));
    let with = ClientOptions { client_certificate: Some((certificate, key)), ..without };
    assert_eq!(get(&http(&[]), &with, &server.https()).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_server_is_reached_at_its_host_and_verified_by_its_alias() {
    let authority = Authority::new();
    let server = authority.serve("vault.acme.test").await;
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("ca.pem");
    std::fs::write(&bundle, authority.pem()).unwrap();
    let alias = Alias { name: "vault.acme.test".to_owned(), host: "127.0.0.1".to_owned() };
    let options = ClientOptions { ca_bundle: Some(bundle), alias: Some(alias), ..ClientOptions::default() };
    let url = server.https().replace("127.0.0.1", "vault.acme.test");
    assert_eq!(get(&http(&[("HTTPS_PROXY", "127.0.0.1:9")]), &options, &url).await.unwrap(), "hello");
}

#[test]
fn what_is_no_folder_of_authorities_or_no_identity_is_an_error_of_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.pem");
    let options = ClientOptions { ca_path: Some(folder.path().to_owned()), ..ClientOptions::default() };
    assert_eq!(http(&[]).client(&options).unwrap_err().key, Some("ca_path"));
    let client_certificate = Some((missing.clone(), missing));
    let options = ClientOptions { client_certificate, ..ClientOptions::default() };
    assert_eq!(http(&[]).client(&options).unwrap_err().key, Some("client_key"));
}

#[test]
fn a_bundle_that_cannot_be_used_is_an_error_of_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate here").unwrap();
    for path in [folder.path().join("missing.pem"), empty, folder.path().to_owned()] {
        let options = ClientOptions { ca_bundle: Some(path), ..ClientOptions::default() };
        let error = http(&[]).client(&options).unwrap_err();
        assert_eq!(error.key, Some("ca_bundle"));
    }
}

#[tokio::test]
async fn the_proxy_of_the_environment_gets_the_request() {
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        let proxy = serve("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy", Tail::Close).await;
        let http = http(&[(name, &proxy.address())]);
        let url = "http://sts.acme.test/path";
        assert_eq!(get(&http, &ClientOptions::default(), url).await.unwrap(), "proxy", "{name}");
        assert!(proxy.request().await.starts_with("GET http://sts.acme.test/path HTTP/1.1"));
    }
}

#[tokio::test]
async fn a_proxy_that_a_cgi_client_could_have_named_is_not_used() {
    let server = serve("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nserver", Tail::Close).await;
    let http = http(&[("HTTP_PROXY", "127.0.0.1:1"), ("REQUEST_METHOD", "GET")]);
    assert_eq!(get(&http, &ClientOptions::default(), &server.http()).await.unwrap(), "server");
}

#[tokio::test]
async fn hosts_in_no_proxy_are_reached_directly() {
    for name in ["NO_PROXY", "no_proxy"] {
        let server = serve("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nserver", Tail::Close).await;
        let http = http(&[("http_proxy", "http://127.0.0.1:1"), (name, "localhost,127.0.0.1")]);
        assert_eq!(get(&http, &ClientOptions::default(), &server.http()).await.unwrap(), "server");
    }
}

#[tokio::test]
async fn a_proxy_of_the_config_goes_before_the_environment() {
    let proxy = serve("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy", Tail::Close).await;
    let options = ClientOptions { proxy: Some(proxy.address().parse().unwrap()), ..ClientOptions::default() };
    let http = http(&[("http_proxy", "http://127.0.0.1:1"), ("NO_PROXY", "*")]);
    assert_eq!(get(&http, &options, "http://sts.acme.test/").await.unwrap(), "proxy");
}

#[tokio::test]
async fn an_unreachable_proxy_is_named_as_the_cause() {
    let http = http(&[("https_proxy", "127.0.0.1:1")]);
    let failure = refusal(&http, "https://sts.acme.test/", Advice::Unreachable).await;
    assert!(failure.to_string().ends_with("the proxy cannot be reached"), "{failure}");
    assert!(failure.remedy().unwrap().contains("NO_PROXY"));
}

#[tokio::test]
async fn a_proxy_that_refuses_the_host_is_told_from_an_unreachable_one() {
    let cases = [
        ("403 Forbidden", Advice::RETRY),
        // Wrong passwords that are tried again and again lock accounts.
        ("407 Proxy Authentication Required", Advice::NeedsAttention),
    ];
    for (status, advice) in cases {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        let proxy = serve(&head, Tail::Close).await;
        let http = http(&[("https_proxy", &proxy.address())]);
        let failure = refusal(&http, "https://sts.acme.test/", advice).await;
        assert!(failure.to_string().ends_with("the proxy did not let it through"), "{failure}");
    }
}

#[test]
fn a_bad_proxy_variable_is_named_without_its_password() {
    let error = http(&[("HTTPS_PROXY", "socks5://me:hunter2@host")]).client(&ClientOptions::default());
    let text = format!("{:?}", error.unwrap_err());
    assert!(text.contains("HTTPS_PROXY") && !text.contains("hunter2"), "{text}");
}

#[test]
fn debug_of_the_client_source_shows_no_password() {
    let http = http(&[("HTTPS_PROXY", "http://me:hunter2@proxy:1")]);
    http.client(&ClientOptions::default()).unwrap();
    assert!(!format!("{http:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_never_answers_is_reported_as_too_slow() {
    let server = serve("", Tail::Hold).await;
    let client = http(&[]).client(&ClientOptions::default()).unwrap();
    let answer = client.get(server.http()).timeout(Duration::from_millis(50)).send().await;
    let failure = network_failure("reach the test server", "here", answer.unwrap_err());
    assert!(failure.to_string().ends_with("no answer in time"), "{failure}");
}

#[tokio::test]
async fn a_closed_port_is_no_connection() {
    let failure = refusal(&http(&[]), "http://127.0.0.1:1/", Advice::Unreachable).await;
    assert!(failure.to_string().ends_with("no connection"), "{failure}");
}

#[tokio::test]
async fn half_an_answer_is_a_broken_connection() {
    for half in ["HTTP/1.1 20", "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf"] {
        let server = serve(half, Tail::Close).await;
        let failure = refusal(&http(&[]), &server.http(), Advice::RETRY).await;
        assert!(failure.to_string().ends_with("before a whole answer came"), "{failure}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = serve("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Tail::Close).await;
    let head = format!("HTTP/1.1 307 Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.http());
    let server = serve(&head, Tail::Close).await;
    let client = http(&[]).client(&ClientOptions::default()).unwrap();
    assert_eq!(client.get(server.http()).send().await.unwrap().status(), 307);
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn equal_options_share_one_pool_of_connections() {
    let server = serve("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", Tail::KeepAlive).await;
    let http = http(&[]);
    for _ in 0..3 {
        get(&http.clone(), &ClientOptions::default(), &server.http()).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
}
