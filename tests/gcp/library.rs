//! Google's own Rust library, as a client, takes what evercred wrote.

use google_cloud_auth::credentials::external_account::Builder;
use serde_json::Value;

use crate::place::{Place, SETTINGS};

const CLOUD: &str = "https://www.googleapis.com/auth/cloud-platform";

#[test]
fn it_gets_a_token_for_the_pools_identity() {
    let place = Place::new("");
    assert_eq!(place.once().0, Some(0));
    assert_eq!(principal(&place), "principal://");
}

#[test]
fn it_gets_a_token_for_a_service_account() {
    let place = Place::new(&Place::account("dev"));
    assert_eq!(place.once().0, Some(0));
    assert_eq!(principal(&place), "serviceAccount:");
}

#[test]
fn evercred_itself_asks_it_before_anything_is_written() {
    for more in [String::new(), Place::account("dev")] {
        let place = Place::new(&format!("{more}verify = true\n"));
        let (exit, login) = place.once();
        assert_eq!(exit, Some(0), "{login:#}");
        let exchanged = place.sandbox.requests().into_iter().filter(|request| request.path == "/v1/token");
        assert_eq!(exchanged.count(), 2, "evercred's own and the library's");
    }
}

/// The kind of principal that the library's token speaks for, at an API that looks at it.
fn principal(place: &Place) -> String {
    // The library wants a TLS provider even where there is no TLS; another test may have been faster.
    drop(rustls::crypto::ring::default_provider().install_default());
    let settings: Value = serde_json::from_str(&place.home.read(SETTINGS).unwrap()).unwrap();
    let url = format!("{}/v1/projects", place.sandbox.url());
    place.sandbox.forget_requests();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let status = runtime.block_on(async {
        let credentials =
            Builder::new(settings).with_scopes([CLOUD]).build_access_token_credentials().unwrap();
        let token = credentials.access_token().await.unwrap().token;
        reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap().status()
    });
    assert_eq!(status.as_u16(), 200);
    let listed = place.sandbox.requests().pop().unwrap();
    let principal = listed.facts.principal.unwrap();
    ["principal://", "serviceAccount:"]
        .into_iter()
        .find(|kind| principal.starts_with(kind))
        .unwrap()
        .to_owned()
}
