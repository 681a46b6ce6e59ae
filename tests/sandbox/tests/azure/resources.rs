//! What takes Entra's tokens, and the doors that lead there.

use std::time::Duration;

use evercred_sandbox::{Application, AzureOptions, Mint, Subscription};
use reqwest::{Client, Method, Proxy};

use super::rig::{AUDIENCE, MANAGEMENT, PUBLIC, Rig, json};

#[tokio::test]
async fn the_resource_manager_takes_only_live_tokens_of_its_own() {
    let rig = Rig::new();
    let refusal =
        async |token: &str| rig.list(token).await.1["error"]["code"].as_str().unwrap_or("none").to_owned();
    let (good, for_vaults) =
        (rig.token_for(MANAGEMENT).await, rig.token_for("https://vault.azure.net/.default").await);
    assert_eq!(refusal(&good).await, "none");
    assert_eq!(refusal(&for_vaults).await, "InvalidAuthenticationTokenAudience");
    assert_eq!(refusal("made.up.token").await, "InvalidAuthenticationToken");
    let bare = rig.client.get(format!("{}/subscriptions", rig.sandbox.https_url())).send().await.unwrap();
    assert!(bare.headers().contains_key("www-authenticate"));
    assert_eq!(json(bare).await.1["error"]["code"], "AuthenticationFailed");
    rig.sandbox.advance(Duration::from_hours(1));
    assert_eq!(refusal(&good).await, "ExpiredAuthenticationToken");
    let fresh = rig.token_for(MANAGEMENT).await;
    rig.sandbox.revoke_sessions();
    assert_eq!(refusal(&fresh).await, "InvalidAuthenticationToken");
}

#[tokio::test]
async fn an_application_sees_its_own_subscriptions() {
    let subscription = |name: &str| Subscription { name: name.to_owned(), ..Subscription::default() };
    for name in ["one", "another"] {
        let applications =
            vec![Application::default().seeing(subscription(name)), Application::new("nobody")];
        let rig = Rig::with(AzureOptions { applications, ..AzureOptions::default() });
        let listed = rig.list(&rig.token_for(MANAGEMENT).await).await.1;
        assert_eq!(
            (listed["value"][0]["displayName"].as_str(), listed["count"]["value"].as_u64()),
            (Some(name), Some(1))
        );
    }
}

#[tokio::test]
async fn storage_keeps_blobs_for_who_has_a_token_for_it_and_the_lease() {
    let rig = Rig::new();
    let token = rig.token_for("https://storage.azure.com/.default").await;
    let send = async |method: Method, query: &str, bearer: &str, headers: &[(&str, &str)]| {
        let url = format!("https://sandbox.blob.core.windows.net/state/app.tfstate{query}");
        let mut request = rig.client.request(method, url).bearer_auth(bearer).body("content");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let for_management = rig.token_for(MANAGEMENT).await;
    assert_eq!(send(Method::PUT, "", &for_management, &[]).await.0, 401);
    assert_eq!(send(Method::GET, "", &token, &[]).await.0, 404);
    assert_eq!(send(Method::PUT, "", &token, &[]).await.0, 201);
    let acquire = [("x-ms-lease-action", "acquire"), ("x-ms-proposed-lease-id", "mine")];
    assert_eq!(send(Method::PUT, "?comp=lease", &token, &acquire).await.0, 201);
    assert_eq!(send(Method::PUT, "?comp=lease", &token, &acquire).await.0, 409);
    for (shown, expected) in [(None, 412), (Some("another"), 412), (Some("mine"), 201)] {
        let headers: Vec<_> = shown.map(|id| ("x-ms-lease-id", id)).into_iter().collect();
        assert_eq!(send(Method::PUT, "", &token, &headers).await.0, expected, "{shown:?}");
    }
    assert_eq!(send(Method::GET, "", &token, &[]).await, (200, "content".to_owned()));
}

#[tokio::test]
async fn the_tunnel_leads_every_host_here_and_nothing_else_through() {
    let rig = Rig::new();
    let document = format!("{PUBLIC}/{}/v2.0/.well-known/openid-configuration", Rig::tenant());
    let (status, found) = json(rig.client.get(document).send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert_eq!(found["token_endpoint"], format!("{PUBLIC}/{}/oauth2/v2.0/token", Rig::tenant()));
    assert!(
        rig.client.get("https://unknown.example/").send().await.is_err(),
        "the certificate does not name it"
    );
    let plain = Client::builder().proxy(Proxy::http(rig.sandbox.proxy_url()).unwrap()).build().unwrap();
    assert_eq!(plain.get("http://example.org/").send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn it_comes_back_at_the_same_doors() {
    let rig = Rig::new();
    rig.sandbox.stop();
    assert!(rig.client.get(rig.sandbox.https_url()).send().await.is_err());
    rig.sandbox.resume().unwrap();
    assert!(rig.token(&Mint::audience(AUDIENCE)).await.is_ok());
}
