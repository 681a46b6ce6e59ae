//! A client of the sandbox's Azure that sends what it is told to, right or wrong.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evercred_sandbox::{AzureOptions, Mint, Options, Sandbox};
use reqwest::{Certificate, Client, Proxy, Response};
use serde_json::Value;

pub(crate) const AUDIENCE: &str = "api://AzureADTokenExchange";
pub(crate) const MANAGEMENT: &str = "https://management.azure.com/.default";
pub(crate) const PUBLIC: &str = "https://login.microsoftonline.com";

/// A sandbox, and a client that knows the way to it.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
}

pub(crate) type Form = Vec<(&'static str, String)>;

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(AzureOptions::default())
    }

    pub(crate) fn with(azure: AzureOptions) -> Self {
        // Only the first of all tests finds none there yet.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(Options { azure, ..Options::default() }).unwrap();
        let authority = Certificate::from_pem(sandbox.authority().as_bytes()).unwrap();
        let proxy = Proxy::https(sandbox.proxy_url()).unwrap();
        let client = Client::builder().tls_certs_only([authority]).proxy(proxy.no_proxy(None));
        Self { client: client.build().unwrap(), sandbox }
    }

    pub(crate) fn tenant() -> String {
        AzureOptions::default().tenant_id
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.sandbox.https_url(), Self::tenant())
    }

    pub(crate) fn form(&self, mint: &Mint) -> Form {
        vec![
            ("client_id", self.client_id()),
            ("scope", MANAGEMENT.to_owned()),
            ("grant_type", "client_credentials".to_owned()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned()),
            ("client_assertion", self.sandbox.mint(mint)),
        ]
    }

    /// The first application's.
    pub(crate) fn client_id(&self) -> String {
        let mut id = String::new();
        self.sandbox.adjust(|options| options.azure.applications[0].client_id.clone_into(&mut id));
        id
    }

    pub(crate) fn field<'f>(form: &'f mut Form, name: &str) -> &'f mut String {
        &mut form.iter_mut().find(|(field, _)| *field == name).unwrap().1
    }

    pub(crate) async fn token(&self, mint: &Mint) -> Result<Value, (u16, Value)> {
        self.post(&self.endpoint(), &self.form(mint)).await
    }

    pub(crate) async fn token_for(&self, scope: &str) -> String {
        let mut form = self.form(&Mint::audience(AUDIENCE));
        scope.clone_into(Self::field(&mut form, "scope"));
        let answer = self.post(&self.endpoint(), &form).await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn refusal(&self, mint: &Mint) -> (u16, String) {
        let (status, refused) = self.token(mint).await.unwrap_err();
        (status, code(&refused))
    }

    pub(crate) async fn post(&self, url: &str, form: &Form) -> Result<Value, (u16, Value)> {
        let (status, body) = json(self.client.post(url).form(form).send().await.unwrap()).await;
        if status == 200 { Ok(body) } else { Err((status, body)) }
    }

    pub(crate) async fn list(&self, token: &str) -> (u16, Value) {
        let url = "https://management.azure.com/subscriptions?api-version=2022-12-01";
        json(self.client.get(url).bearer_auth(token).send().await.unwrap()).await
    }
}

pub(crate) async fn json(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

pub(crate) fn code(refused: &Value) -> String {
    let code = refused["error_codes"][0].to_string();
    assert!(
        refused["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")),
        "{refused}"
    );
    code
}

pub(crate) fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
