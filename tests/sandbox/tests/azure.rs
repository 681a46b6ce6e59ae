//! Entra and Azure Resource Manager as a client sees them: what is good comes through, and each wrong thing is refused
//! with its own code. If one of these were not refused, a green test of an exchange would mean nothing.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_sandbox::{
    Application, AzureCloud, AzureOptions, Fault, FederatedCredential, Group, Mint, Options, Sandbox, Shape,
    Signer,
};
use reqwest::{Certificate, Client, Method, Proxy, Response};
use serde_json::Value;

const AUDIENCE: &str = "api://AzureADTokenExchange";
const MANAGEMENT: &str = "https://management.azure.com/.default";
const PUBLIC: &str = "https://login.microsoftonline.com";

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
async fn throttling_and_other_faults_speak_entras_language() {
    let rig = Rig::new();
    rig.sandbox.fault(Group::Entra, Fault::new(evercred_sandbox::FaultKind::Throttling).times(1));
    let (status, refused) = rig.token(&Mint::audience(AUDIENCE)).await.unwrap_err();
    assert_eq!((status, code(&refused)), (429, "90055".to_owned()));
    rig.sandbox.fault(Group::Entra, Fault::refuse(400, "50196", "a loop").times(1));
    let (status, refused) = rig.token(&Mint::audience(AUDIENCE)).await.unwrap_err();
    assert_eq!(
        (status, refused["error"].as_str(), code(&refused)),
        (400, Some("invalid_grant"), "50196".to_owned())
    );
    rig.sandbox.fault(Group::Arm, Fault::new(evercred_sandbox::FaultKind::Throttling).times(1));
    assert_eq!(rig.list("any").await.0, 429);
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

struct Rig {
    sandbox: Sandbox,
    client: Client,
}

type Form = Vec<(&'static str, String)>;

impl Rig {
    fn new() -> Self {
        Self::with(AzureOptions::default())
    }

    fn with(azure: AzureOptions) -> Self {
        // Only the first of all tests finds none there yet.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Options { azure, ..Options::default() }).unwrap();
        let authority = Certificate::from_pem(sandbox.authority().as_bytes()).unwrap();
        let proxy = Proxy::https(sandbox.proxy_url()).unwrap();
        let client = Client::builder().tls_certs_only([authority]).proxy(proxy.no_proxy(None));
        Self { client: client.build().unwrap(), sandbox }
    }

    fn tenant() -> String {
        AzureOptions::default().tenant_id
    }

    fn endpoint(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.sandbox.https_url(), Self::tenant())
    }

    fn form(&self, mint: &Mint) -> Form {
        vec![
            ("client_id", self.client_id()),
            ("scope", MANAGEMENT.to_owned()),
            ("grant_type", "client_credentials".to_owned()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()),
            ("client_assertion", self.sandbox.mint(mint)),
        ]
    }

    /// The first application's.
    fn client_id(&self) -> String {
        let mut id = String::new();
        self.sandbox.adjust(|options| options.azure.applications[0].client_id.clone_into(&mut id));
        id
    }

    fn field<'f>(form: &'f mut Form, name: &str) -> &'f mut String {
        &mut form.iter_mut().find(|(field, _)| *field == name).unwrap().1
    }

    async fn token(&self, mint: &Mint) -> Result<Value, (u16, Value)> {
        self.post(&self.endpoint(), &self.form(mint)).await
    }

    async fn token_for(&self, scope: &str) -> String {
        let mut form = self.form(&Mint::audience(AUDIENCE));
        scope.clone_into(Self::field(&mut form, "scope"));
        let answer = self.post(&self.endpoint(), &form).await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    async fn refusal(&self, mint: &Mint) -> (u16, String) {
        let (status, refused) = self.token(mint).await.unwrap_err();
        (status, code(&refused))
    }

    async fn post(&self, url: &str, form: &Form) -> Result<Value, (u16, Value)> {
        let (status, body) = json(self.client.post(url).form(form).send().await.unwrap()).await;
        if status == 200 { Ok(body) } else { Err((status, body)) }
    }

    async fn list(&self, token: &str) -> (u16, Value) {
        let url = "https://management.azure.com/subscriptions?api-version=2022-12-01";
        json(self.client.get(url).bearer_auth(token).send().await.unwrap()).await
    }
}

async fn json(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

fn code(refused: &Value) -> String {
    let code = refused["error_codes"][0].to_string();
    assert!(
        refused["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")),
        "{refused}"
    );
    code
}

fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
