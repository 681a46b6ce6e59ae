//! Entra and Azure Resource Manager as a client sees them: what is good comes through, and each wrong thing is refused
//! with its own code. If one of these were not refused, a green test of an exchange would mean nothing.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

#[path = "azure/resources.rs"]
mod resources;
#[path = "azure/rig.rs"]
mod rig;

use std::time::Duration;

use evercred_sandbox::{
    Application, AzureCloud, AzureOptions, Fault, FaultKind, FederatedCredential, Group, Mint, Shape, Signer,
};

use rig::{AUDIENCE, PUBLIC, Rig, claims, code, json};

#[tokio::test]
async fn a_good_assertion_gets_a_token_that_the_resource_manager_takes() {
    let rig = Rig::new();
    let answer = rig.token(&Mint::audience(AUDIENCE)).await.unwrap();
    assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_u64()), (Some("Bearer"), Some(3600)));
    let token = answer["access_token"].as_str().unwrap();
    let claims = claims(token);
    assert_eq!(claims["aud"], "https://management.azure.com");
    assert_eq!(claims["appid"], Application::default().client_id);
    assert_eq!(claims["tid"], Rig::tenant());
    assert_eq!(claims["oid"], Application::default().object_id);
    let (status, listed) = rig.list(token).await;
    assert_eq!((status, listed["value"][0]["displayName"].as_str()), (200, Some("Sandbox subscription")));
    assert!(rig.sandbox.secrets().contains(&token.to_owned()), "a witness must be able to look for it");
}

#[tokio::test]
async fn every_wrong_assertion_is_refused_with_its_own_code() {
    let rig = Rig::new();
    let good = || Mint::audience(AUDIENCE);
    let wrong = [
        (good().issuer("https://elsewhere.example"), "700211", 401),
        (good().subject("https://github.com/acme/other"), "700213", 401),
        (good().subject("https://github.com/Acme/app"), "7002138", 401),
        (Mint::audience("api://azureadtokenexchange"), "700212", 401),
        (good().and_audience("another"), "700212", 401),
        (good().shape(Shape::GithubActions), "700213", 401),
        (good().signed_by(Signer::Impostor), "700027", 401),
        (good().signed_by(Signer::Unpublished), "7000272", 401),
        (good().expired(), "700024", 401),
        (good().from_the_future(), "700024", 401),
        (good().without("exp"), "50027", 400),
        (good().lifetime(Duration::from_hours(25) + Duration::from_secs(1)), "70023", 400),
    ];
    for (mint, code, status) in wrong {
        assert_eq!(rig.refusal(&mint).await, (status, code.to_owned()), "{mint:?}");
    }
    assert!(rig.token(&good().lifetime(Duration::from_hours(25))).await.is_ok(), "the longest that is taken");
}

#[tokio::test]
async fn an_issuer_that_cannot_be_asked_for_its_keys_is_said_to_be_so() {
    let rig = Rig::new();
    rig.sandbox.fault(Group::Idp, Fault::status(503, ""));
    assert_eq!(rig.refusal(&Mint::audience(AUDIENCE)).await.1, "90061");
}

#[tokio::test]
async fn tenant_application_scope_and_grant_are_checked() {
    let rig = Rig::new();
    let stranger = "00000000-1111-4222-8333-444444444444";
    let elsewhere = format!("{}/{stranger}/oauth2/v2.0/token", rig.sandbox.https_url());
    let mut form = rig.form(&Mint::audience(AUDIENCE));
    assert_eq!(code(&rig.post(&elsewhere, &form).await.unwrap_err().1), "90002");
    for (name, value, expected) in [
        ("client_id", stranger, "700016"),
        ("scope", "https://management.azure.com/user_impersonation", "1002012"),
        ("scope", "https://unknown.example/.default", "500011"),
        ("scope", "", "900144"),
        ("grant_type", "password", "70003"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "7000216"),
        ("client_assertion", "not.a.token", "50027"),
    ] {
        let before = std::mem::replace(Rig::field(&mut form, name), value.to_owned());
        let refused = rig.post(&rig.endpoint(), &form).await.unwrap_err();
        assert_eq!(code(&refused.1), expected, "{name} = {value}");
        *Rig::field(&mut form, name) = before;
    }
    form.push(("client_secret", "guessed".to_owned()));
    assert_eq!(code(&rig.post(&rig.endpoint(), &form).await.unwrap_err().1), "7000215");
}

#[tokio::test]
async fn a_cloud_knows_only_its_own_tenants() {
    let home = |cloud| AzureOptions { cloud, ..AzureOptions::default() };
    for (cloud, host, expected) in [
        (AzureCloud::Public, PUBLIC, None),
        (AzureCloud::UsGovernment, "https://login.microsoftonline.us", None),
        (AzureCloud::China, "https://login.partner.microsoftonline.cn", None),
        (AzureCloud::UsGovernment, PUBLIC, Some("900382")),
        (AzureCloud::China, PUBLIC, Some("90002")),
        (AzureCloud::Public, "https://login.microsoftonline.us", Some("90002")),
    ] {
        let rig = Rig::with(home(cloud));
        let url = format!("{host}/{}/oauth2/v2.0/token", Rig::tenant());
        let answer = rig.post(&url, &rig.form(&Mint::audience(AUDIENCE))).await;
        assert_eq!(
            answer.err().map(|(_, refused)| code(&refused)),
            expected.map(str::to_owned),
            "{cloud:?} {host}"
        );
    }
}

#[tokio::test]
async fn credentials_beyond_the_twentieth_do_not_count() {
    for (others, expected) in [(19, true), (20, false)] {
        let mut application = Application::new("22222222-1111-4222-8333-444444444444");
        for number in 0..others {
            let subject = format!("somebody-{number}");
            application =
                application.trusting(FederatedCredential { subject, ..FederatedCredential::default() });
        }
        let application = application.trusting(FederatedCredential::default());
        let rig = Rig::with(AzureOptions { applications: vec![application], ..AzureOptions::default() });
        assert_eq!(rig.token(&Mint::audience(AUDIENCE)).await.is_ok(), expected, "after {others} others");
    }
}

#[tokio::test]
async fn a_refusal_looks_as_those_of_entra_do() {
    let rig = Rig::new();
    let mint = Mint::audience(AUDIENCE).expired();
    let request = rig.client.post(rig.endpoint()).header("client-request-id", "my-own-id");
    let refused = json(request.form(&rig.form(&mint)).send().await.unwrap()).await.1;
    assert_eq!(refused["error"], "invalid_client");
    assert_eq!(refused["correlation_id"], "my-own-id");
    assert_eq!(refused["error_uri"], format!("{}/error?code=700024", rig.sandbox.https_url()));
    let text = |name: &str| refused[name].as_str().unwrap().to_owned();
    let tail = format!(
        "\r\nTrace ID: {}\r\nCorrelation ID: my-own-id\r\nTimestamp: {}",
        text("trace_id"),
        text("timestamp")
    );
    assert!(
        text("error_description").starts_with("AADSTS700024: Client assertion is not within"),
        "{refused}"
    );
    assert!(text("error_description").ends_with(&tail), "{refused}");
    rig.sandbox.adjust(|options| options.azure.error_lines = false);
    let (_, refused) = rig.token(&mint).await.unwrap_err();
    assert!(!refused["error_description"].as_str().unwrap().contains('\n'), "{refused}");
}

#[tokio::test]
async fn throttling_and_other_faults_speak_entras_language() {
    let rig = Rig::new();
    rig.sandbox.fault(Group::Entra, Fault::new(FaultKind::Throttling).times(1));
    let (status, refused) = rig.token(&Mint::audience(AUDIENCE)).await.unwrap_err();
    assert_eq!((status, code(&refused)), (429, "90055".to_owned()));
    rig.sandbox.fault(Group::Entra, Fault::refuse(400, "50196", "a loop").times(1));
    let (status, refused) = rig.token(&Mint::audience(AUDIENCE)).await.unwrap_err();
    assert_eq!(
        (status, refused["error"].as_str(), code(&refused)),
        (400, Some("invalid_grant"), "50196".to_owned())
    );
    rig.sandbox.fault(Group::Arm, Fault::new(FaultKind::Throttling).times(1));
    assert_eq!(rig.list("any").await.0, 429);
}
